import { z } from 'zod';
import { SegwError } from '../base/error.ts';
import { readIfExists } from '../base/files.ts';
import { Secret } from '../base/secret.ts';
import { regionFiles } from './region-files.ts';
import type { Settings } from './settings.ts';

const credentials = z.object({
  armEndpoint: z.url(),
  authorityHost: z.url(),
  /** PEM file of the region's own authority. */
  caFile: z.string(),
  subscriptionId: z.string(),
  tenantId: z.string(),
  clientId: z.string(),
  clientSecret: z.string().transform((text) => new Secret(text)),
});

export type RegionCredentials = z.output<typeof credentials>;

/** What the region daemon wrote for its clients. Throws `RegionMissing` where there never was a region, `RegionFailed` for a damaged file. */
export async function readRegionCredentials(settings: Pick<Settings, 'stateDir'>): Promise<RegionCredentials> {
  const file = regionFiles(settings).credentials;
  const text = await readIfExists(file);
  if (text === undefined) throw new SegwError('RegionMissing', `no region has been started in ${settings.stateDir}`);
  try {
    return parseRegionCredentials(JSON.parse(text));
  } catch (error) {
    throw new SegwError('RegionFailed', `${file} is damaged`, {
      remedy: 'Run `segw down`, then `segw up`, which writes it anew.',
      cause: error,
    });
  }
}

/** Throws when a member is missing or is no URL where one is due. */
export function parseRegionCredentials(value: unknown): RegionCredentials {
  return credentials.parse(value);
}
