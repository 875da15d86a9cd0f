import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno, SegwError } from '../base/error.ts';
import { exists, readFolder } from '../base/files.ts';
import { regionFiles } from './region-files.ts';
import type { Settings } from './settings.ts';

/** What there may be without a start: an empty file system, images that were loaded early, the rest of an interrupted purge. */
const early = new Set(['images', 'lost+found', 'region']);

/** Throws `InvalidInput` when SEGW_STATE_DIR names a folder with other things in it: `down --purge` would delete them. */
export async function requireOwnFolder({ stateDir }: Pick<Settings, 'stateDir'>): Promise<void> {
  const foreign = (await readFolder(stateDir)).find((name) => !early.has(name));
  if (foreign === undefined) return;
  const { log, credentials } = regionFiles({ stateDir });
  if ((await exists(log)) || (await exists(credentials))) return;
  throw new SegwError('InvalidInput', `SEGW_STATE_DIR: "${stateDir}" holds files that no region made (${foreign})`, {
    remedy: 'Give a folder that is empty or does not exist yet. Nothing was written or deleted.',
  });
}

/** Deletes the state. Of a mount point the content goes, the folder stays. Throws `InvalidInput` where there is no installation. */
export async function deleteState(settings: Pick<Settings, 'stateDir'>): Promise<void> {
  await requireOwnFolder(settings);
  const { stateDir } = settings;
  for (const name of await readFolder(stateDir)) await rm(join(stateDir, name), { recursive: true, force: true });
  try {
    await rmdir(stateDir);
  } catch (error) {
    if (!hasErrno(error, 'ENOENT') && !hasErrno(error, 'EBUSY')) throw error;
  }
}
