import { readdirSync, rmdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SegwError } from '../../base/error.ts';
import { exists, readIfExists } from '../../base/files.ts';
import { pollUntil } from '../../base/poll.ts';

const mountPoint = '/sys/fs/cgroup';
/** The controllers that containerd and the kubelet want, and `systemd`, where cgroup v1 keeps processes without a controller. */
const controllersV1 = [
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'devices',
  'freezer',
  'blkio',
  'pids',
  'hugetlb',
  'systemd',
] as const;
/**
 * What real-time threads of a machine may have of each processor, in microseconds (cgroup v1 with CONFIG_RT_GROUP_SCHED). Threads that have
 * used it up wait until the period ends, so it is short (ADR 12).
 */
const realTimeOfMachine = { period: 100_000, runtime: 5000 };
/** Of all machines of an installation, for each second: as much as the others on this host, who share 950,000, have left. */
const realTimeOfInstallation = [400_000, 200_000, 100_000, 50_000];
const killTimeoutMs = 20_000;

export interface MachineCgroupOptions {
  /** Its threads may get real-time priority. */
  readonly hasRealTime: boolean;
}

/** The cgroups of one machine. */
export interface MachineCgroup {
  /** The `cgroup.procs` files that the starting process writes itself into. */
  readonly procsFiles: readonly string[];
  /** What `boot.sh` gets: `v1`, or the cgroup (v2) that process 1 moves into. */
  readonly bootArgument: string;
}

/**
 * One subtree for the installation (`segw-<installation>`), one below it for each machine; killing a machine is killing its subtree.
 * Both cgroup versions: v1 has a tree per controller, v2 a single one. Source: kernel Documentation/admin-guide/cgroup-v1, cgroup-v2.
 */
export async function createMachineCgroup(
  installation: string,
  machine: string,
  options: MachineCgroupOptions,
): Promise<MachineCgroup> {
  return (await isVersion2()) ? createVersion2(installation, machine) : createVersion1(installation, machine, options);
}

/** The ids of the processes in the machine's (or, without a name, the installation's) subtree. */
export async function processesIn(installation: string, machine?: string): Promise<readonly number[]> {
  const found = await Promise.all((await subtreeRoots(installation, machine)).map(readProcesses));
  return [...new Set(found.flat())];
}

/** Kills every process of the subtree and removes it. Twice is once. */
export async function removeCgroup(installation: string, machine?: string): Promise<void> {
  await pollUntil(
    `the processes of ${machine ?? 'all machines'} end`,
    async (note) => {
      const processes = await processesIn(installation, machine);
      for (const id of processes) killHard(id);
      note(`${String(processes.length)} left`);
      return processes.length === 0 ? true : undefined;
    },
    { timeoutMs: killTimeoutMs, intervalMs: 20 },
  );
  for (const root of await subtreeRoots(installation, machine)) {
    await pollUntil(`remove cgroup ${root}`, () => (removeTree(root) ? true : undefined), {
      timeoutMs: killTimeoutMs,
      intervalMs: 20,
    });
  }
}

async function isVersion2(): Promise<boolean> {
  return exists(join(mountPoint, 'cgroup.controllers'));
}

async function subtreeRoots(installation: string, machine = ''): Promise<readonly string[]> {
  const bases = (await isVersion2()) ? [mountPoint] : controllersV1.map((controller) => join(mountPoint, controller));
  const roots = bases.map((base) => join(base, `segw-${installation}`, machine));
  const present = await Promise.all(roots.map(exists));
  return roots.filter((_, index) => present[index]);
}

async function createVersion1(
  installation: string,
  machine: string,
  { hasRealTime }: MachineCgroupOptions,
): Promise<MachineCgroup> {
  const procsFiles: string[] = [];
  for (const controller of controllersV1) {
    const base = join(mountPoint, controller);
    if (!(await exists(base))) continue;
    const group = join(base, `segw-${installation}`, machine);
    await mkdir(group, { recursive: true });
    if (controller === 'cpuset') await inheritCpuset(base, [`segw-${installation}`, machine]);
    if (controller === 'cpu' && hasRealTime) await grantRealTime(join(base, `segw-${installation}`), machine);
    procsFiles.push(join(group, 'cgroup.procs'));
  }
  if (procsFiles.length === 0) throw new SegwError('HostUnsuitable', `no cgroup controller is mounted below ${mountPoint}`);
  return { procsFiles, bootArgument: 'v1' };
}

/** A new cpuset is empty, and a process cannot enter an empty one. */
async function inheritCpuset(base: string, path: readonly string[]): Promise<void> {
  let group = base;
  for (const part of path) {
    group = join(group, part);
    for (const file of ['cpuset.cpus', 'cpuset.mems'])
      await writeFile(join(group, file), await readFile(join(group, '..', file)));
  }
}

/**
 * Without a share of its own, SCHED_RR is refused inside the group; without one for more machines, their probe threads run at nice -20.
 * Kernels without CONFIG_RT_GROUP_SCHED have no such files.
 */
async function grantRealTime(group: string, machine: string): Promise<void> {
  const file = 'cpu.rt_runtime_us';
  if ((await readIfExists(join(group, file))) === undefined) return;
  for (const runtime of realTimeOfInstallation) {
    if (Number(await readFile(join(group, file), 'utf8')) > 0) break;
    await writeFile(join(group, file), String(runtime)).catch(() => undefined);
  }
  const { period, runtime } = realTimeOfMachine;
  await writeFile(join(group, machine, 'cpu.rt_period_us'), String(period)).catch(() => undefined);
  await writeFile(join(group, machine, file), String(runtime)).catch(() => undefined);
}

async function createVersion2(installation: string, machine: string): Promise<MachineCgroup> {
  const parent = join(mountPoint, `segw-${installation}`);
  const group = join(parent, machine);
  await mkdir(join(group, 'plug'), { recursive: true });
  await mkdir(join(group, 'machine'), { recursive: true });
  for (const level of [mountPoint, parent, group]) await enableControllers(level);
  // The starting process stays outside what the machine sees: it could not be moved from inside, and would forbid controllers there.
  return { procsFiles: [join(group, 'plug', 'cgroup.procs')], bootArgument: join(group, 'machine') };
}

async function enableControllers(group: string): Promise<void> {
  const available = (await readFile(join(group, 'cgroup.controllers'), 'utf8')).trim().split(' ').filter(Boolean);
  await writeFile(join(group, 'cgroup.subtree_control'), available.map((name) => `+${name}`).join(' '));
}

async function readProcesses(group: string): Promise<readonly number[]> {
  const text = (await readIfExists(join(group, 'cgroup.procs')).catch(() => undefined)) ?? '';
  const own = text.split('\n').filter(Boolean).map(Number);
  const below = await Promise.all(childrenOf(group).map(readProcesses));
  return [...own, ...below.flat()];
}

function childrenOf(group: string): readonly string[] {
  try {
    return readdirSync(group, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(group, name));
  } catch {
    return []; // it went while we looked
  }
}

function killHard(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

/** Deepest first; false while the kernel still holds one of them. */
function removeTree(group: string): boolean {
  const emptied = childrenOf(group).every(removeTree);
  if (!emptied) return false;
  try {
    rmdirSync(group);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}
