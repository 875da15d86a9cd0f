import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SegwError } from '../../base/error.ts';
import type { Settings } from '../settings.ts';

/** Programs of ours, as their containers start them. */
export type NodeProgram = 'worker-agent' | 'gateway-agent' | 'operator';

/** The host's id of process 1 of a running machine. Throws `NotFound`. */
export async function firstProcessOf({ stateDir }: Pick<Settings, 'stateDir'>, machine: string): Promise<number> {
  const plug = (await readFile(join(stateDir, 'machines', machine, 'plug.pid'), 'utf8')).trim();
  const children = await readFile(`/proc/${plug}/task/${plug}/children`, 'utf8');
  const pid = Number(children.split(' ')[0]);
  if (pid > 0) return pid;
  throw new SegwError('NotFound', `machine ${machine} does not run`);
}

/** The host's ids of the program's processes, on one machine or on all of the installation. A process is known by its cgroup. */
export async function processesOf(
  { installation }: Pick<Settings, 'installation'>,
  program: NodeProgram,
  machine?: string,
): Promise<readonly number[]> {
  const place = machine === undefined ? `/segw-${installation}/` : `/segw-${installation}/${machine}/`;
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      const [, ...args] = (await readOrNothing(`/proc/${id}/cmdline`)).split('\0');
      if (!args.includes(`/app/${program}.mjs`)) return [];
      return (await readOrNothing(`/proc/${id}/cgroup`)).includes(place) ? [Number(id)] : [];
    }),
  );
  return found.flat();
}

/** The only one of `processesOf`. Throws `NotFound`. */
export async function processOn(settings: Settings, program: NodeProgram, machine: string): Promise<number> {
  const [pid] = await processesOf(settings, program, machine);
  if (pid === undefined) throw new SegwError('NotFound', `${program} does not run on ${machine}`);
  return pid;
}

/** It ended while we looked. */
async function readOrNothing(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
