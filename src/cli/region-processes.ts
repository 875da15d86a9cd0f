import { readdir, readFile } from 'node:fs/promises';
import { isDaemonOf } from './daemon-command-line.ts';
import type { Settings } from './settings.ts';

/**
 * The ids of this installation's daemons: none, or one; more than one is a fault. They are found in the process list: unlike a file, it
 * is never stale.
 */
export async function regionProcesses({ stateDir }: Pick<Settings, 'stateDir'>): Promise<readonly number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      const commandLine = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''); // it ended while we looked
      return isDaemonOf(stateDir, commandLine) ? [Number(id)] : [];
    }),
  );
  return found.flat();
}

/** The daemon's process id, or `undefined` when it does not run. */
export async function regionPid(settings: Pick<Settings, 'stateDir'>): Promise<number | undefined> {
  return (await regionProcesses(settings))[0];
}
