import { readdir, readFile } from 'node:fs/promises';
import type { Settings } from '../settings.ts';

/** The host's ids of the installation's wireguard-go processes, on one machine or on all. A process is known by its cgroup. */
export async function tunnelProcesses(
  { installation }: Pick<Settings, 'installation'>,
  machine?: string,
): Promise<readonly number[]> {
  const place = machine === undefined ? `/segw-${installation}/` : `/segw-${installation}/${machine}/`;
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      if ((await readOrNothing(`/proc/${id}/comm`)).trim() !== 'wireguard-go') return [];
      return (await readOrNothing(`/proc/${id}/cgroup`)).includes(place) ? [Number(id)] : [];
    }),
  );
  return found.flat();
}

/** What carries the tunnels: the kernel needs no process. */
export async function tunnelKind(settings: Pick<Settings, 'installation'>): Promise<'kernel' | 'wireguard-go'> {
  return (await tunnelProcesses(settings)).length > 0 ? 'wireguard-go' : 'kernel';
}

/** It ended while we looked. */
async function readOrNothing(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
