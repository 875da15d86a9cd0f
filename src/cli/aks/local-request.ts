import { readFile } from 'node:fs/promises';
import { Agent, fetch } from 'undici';
import { SegwError } from '../../base/error.ts';
import type { Context } from '../context.ts';
import { readRegionCredentials } from '../region-credentials.ts';
import { regionToken } from './azure-clients.ts';

const apiVersion = '2026-01-01';

/** A POST to what only a local region has (`/local/...`). Throws `RegionFailed` with the region's words. */
export async function postLocal({ settings }: Pick<Context, 'settings'>, path: string): Promise<unknown> {
  const region = await readRegionCredentials(settings);
  const dispatcher = new Agent({
    connect: { ca: await readFile(region.caFile, 'utf8') },
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  });
  const response = await fetch(`${region.armEndpoint}${path}?api-version=${apiVersion}`, {
    method: 'POST',
    dispatcher,
    headers: { authorization: `Bearer ${await regionToken(region)}` },
  });
  const text = await response.text();
  if (!response.ok) throw new SegwError('RegionFailed', `POST ${path}: ${text}`);
  return JSON.parse(text);
}
