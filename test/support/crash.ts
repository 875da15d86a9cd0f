import { globSync } from 'node:fs';
import { readFile, rmdir } from 'node:fs/promises';
import { regionProcesses } from '../../src/cli/region-processes.ts';
import type { Settings } from '../../src/cli/settings.ts';
import { run } from '../../src/base/exec.ts';
import { pollUntil } from '../../src/base/poll.ts';

/** kill -9 of the region's daemon alone: its machines run on. */
export async function killDaemon(settings: Settings): Promise<void> {
  await killUntilGone('the daemon', () => regionProcesses(settings));
}

/** kill -9 of the daemon and of every process of its machines. Namespaces, cgroups and disks stay, as after a crash. */
export async function killEverything(settings: Settings): Promise<void> {
  await killDaemon(settings);
  await killUntilGone('the machines', () => processesOfMachines(settings));
}

/** What a reboot of the host leaves: files on disks. */
export async function reboot(settings: Settings): Promise<void> {
  await killEverything(settings);
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((point) => point.startsWith(`${settings.stateDir}/`)).reverse()) await run('umount', [mount]);
  const groups = globSync(`${cgroupsOf(settings)}{,/**}`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const paths = groups.map(({ parentPath, name }) => `${parentPath}/${name}`).sort((a, b) => b.length - a.length);
  for (const path of paths) await rmdir(path);
}

async function killUntilGone(what: string, find: () => Promise<readonly number[]>): Promise<void> {
  await pollUntil(
    `${what} killed`,
    async () => {
      const ids = await find();
      for (const id of ids) {
        try {
          process.kill(id, 'SIGKILL');
        } catch {
          // it went together with another one
        }
      }
      return ids.length === 0 ? true : undefined;
    },
    { timeoutMs: 20_000, intervalMs: 50 },
  );
}

async function processesOfMachines(settings: Settings): Promise<readonly number[]> {
  const texts = await Promise.all(
    globSync(`${cgroupsOf(settings)}/**/cgroup.procs`).map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  return [
    ...new Set(
      texts
        .flatMap((text) => text.split('\n'))
        .filter(Boolean)
        .map(Number),
    ),
  ];
}

/** Of either version: a tree in each hierarchy, or one. */
function cgroupsOf({ installation }: Settings): string {
  return `/sys/fs/cgroup/{*/,}segw-${installation}`;
}
