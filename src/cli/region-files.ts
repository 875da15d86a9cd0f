import { join } from 'node:path';
import type { Settings } from './settings.ts';

/** The files by which the command line and the region daemon of one installation know each other. */
export function regionFiles({ stateDir }: Pick<Settings, 'stateDir'>) {
  const folder = join(stateDir, 'region');
  return {
    folder,
    log: join(folder, 'region.log'),
    /** JSON lines, a request each; `requests.jsonl.1` holds those before. */
    requests: join(folder, 'requests.jsonl'),
    /** There from the moment the daemon answers; removed before the next one starts. */
    ready: join(folder, 'ready'),
    /** Held while a daemon is started or ended. */
    lock: join(folder, 'lock'),
    credentials: join(folder, 'credentials.json'),
  };
}
