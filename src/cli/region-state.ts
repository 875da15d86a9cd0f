import { exists } from '../base/files.ts';
import { silenceOf } from './region-answer.ts';
import { readRegionCredentials, type RegionCredentials } from './region-credentials.ts';
import { regionFiles } from './region-files.ts';
import { regionPid } from './region-processes.ts';
import type { Settings } from './settings.ts';

/** What the region's daemon is up to; `silent`: it runs, has answered before, and does not now. */
export type RegionState =
  | { readonly state: 'stopped' }
  | { readonly state: 'starting'; readonly pid: number }
  | { readonly state: 'running'; readonly pid: number; readonly credentials: RegionCredentials }
  | { readonly state: 'silent'; readonly pid: number; readonly why: string };

/** Throws `RegionMissing` and `RegionFailed` where the credentials of a started region are gone or damaged. */
export async function observeRegion(settings: Pick<Settings, 'stateDir'>): Promise<RegionState> {
  const pid = await regionPid(settings);
  if (pid === undefined) return { state: 'stopped' };
  if (!(await exists(regionFiles(settings).ready))) return { state: 'starting', pid };
  const credentials = await readRegionCredentials(settings);
  const why = await silenceOf(credentials);
  return why === undefined ? { state: 'running', pid, credentials } : { state: 'silent', pid, why };
}
