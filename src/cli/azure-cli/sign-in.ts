import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, readIfExists, writeFileAtomic } from '../../base/files.ts';
import { readRegionCredentials } from '../region-credentials.ts';
import { clientFiles } from '../region-environment.ts';
import type { Settings } from '../settings.ts';
import { azureConfiguration, type ConfigurationFile } from './configuration.ts';

/** Holds the digest of what az was signed in with. */
const markFile = 'segw-signed-in';

/** Tokens and answers of a region that is no longer the same. */
const caches = ['msal_token_cache.json', 'msal_http_cache.bin'];

/**
 * Signs az in to this installation's region, as `az login` with its service principal would: once, and again when the region's
 * address, its secret, or the files themselves are others. Needs no az. Throws `RegionMissing`.
 */
export async function ensureSignedIn(settings: Settings): Promise<void> {
  const { azureConfig: folder } = clientFiles(settings);
  const files = azureConfiguration(await readRegionCredentials(settings));
  const digest = digestOf(files);
  const mark = join(folder, markFile);
  if ((await readIfExists(mark)) === digest && (await areThere(folder, files))) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of caches) await rm(join(folder, name), { force: true });
  for (const { name, content, isUsers = false } of files) {
    const path = join(folder, name);
    if (!isUsers || !(await exists(path))) await writeFileAtomic(path, content, { mode: 0o600 });
  }
  await writeFileAtomic(mark, digest, { mode: 0o600 });
}

/** One that is gone was removed by `az logout`, `az account clear` or by hand. */
async function areThere(folder: string, files: readonly ConfigurationFile[]): Promise<boolean> {
  const found = await Promise.all(files.map(({ name }) => exists(join(folder, name))));
  return found.every(Boolean);
}

function digestOf(files: readonly ConfigurationFile[]): string {
  return createHash('sha256').update(JSON.stringify(files)).digest('hex');
}
