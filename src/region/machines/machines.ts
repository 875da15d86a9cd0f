import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SegwError } from '../../base/error.ts';
import { KeyedLock } from '../../base/keyed-lock.ts';
import { run } from '../../base/exec.ts';
import { exists, readFolder, readIfExists, writeFileAtomic } from '../../base/files.ts';
import { pollUntil } from '../../base/poll.ts';
import type { NodeShell } from '../../cluster/node-shell.ts';
import type { Fabric } from '../fabric/fabric.ts';
import { machineNamespace } from '../fabric/fabric-settings.ts';
import type { MachinePlatform, MachineSpec } from '../platform.ts';
import { createMachineCgroup, processesIn, removeCgroup } from './cgroups.ts';
import { deleteDisk, ensureDisk, machineFolders, servicesFolder } from './disk.ts';

const launchScript = fileURLToPath(new URL('launch.sh', import.meta.url));
const bootScript = fileURLToPath(new URL('boot.sh', import.meta.url));
const bootTimeoutMs = 30_000;
const shutdownMs = 3000;

export interface MachinesOptions {
  readonly stateDir: string;
  /** Names this installation's cgroups. */
  readonly installation: string;
  readonly fabric: Fabric;
  /** The Debian root below every machine. */
  readonly root: () => Promise<string>;
  /** Name → path on the host, shown in `/opt/segw/bin`. */
  readonly binaries: () => Promise<Readonly<Record<string, string>>>;
  /** How many inotify instances the host has left, `wanted` at most. */
  readonly freeFileWatchers: (wanted: number) => number;
}

export interface Machines extends MachinePlatform, NodeShell {
  /** Machines that have booted and run, with the names of their services. */
  running(): Promise<readonly { readonly name: string; readonly services: readonly string[] }[]>;
  /**
   * Boots a machine in a namespace that is there already (a router, the internet): it has no port to plug, and each boot gets a new disk,
   * so that what the fabric answers is up to date.
   */
  startIn(namespace: string, spec: Pick<MachineSpec, 'name' | 'content'>): Promise<void>;
}

interface BootSpec extends Pick<MachineSpec, 'name' | 'content'> {
  /** False: whatever was on its disk goes. */
  readonly keepsDisk: boolean;
}

/** What the programs of a node open, and the most that any machine needs; kubelet does not start without, and says so only in its own log. */
const watchersOfMachine = 10;

function requireFileWatchers({ freeFileWatchers }: MachinesOptions, machine: string): void {
  const free = freeFileWatchers(watchersOfMachine);
  if (free >= watchersOfMachine) return;
  throw new SegwError(
    'FileWatchersExhausted',
    `start ${machine}: the host has ${String(free)} inotify instances left, a machine needs ${String(watchersOfMachine)}`,
  );
}

/** Machines made of namespaces, an overlay root and a cgroup subtree. They outlive this process; a new one finds them by their cgroup. */
export function createMachines(options: MachinesOptions): Machines {
  const { stateDir, installation, fabric } = options;

  async function powerState(name: string): Promise<'running' | 'stopped'> {
    return (await processesIn(installation, name)).length > 0 ? 'running' : 'stopped';
  }

  async function boot(namespace: string, { name, content, keepsDisk }: BootSpec): Promise<void> {
    if ((await powerState(name)) === 'running' && (await initPid(stateDir, name)) !== undefined) return;
    requireFileWatchers(options, name);
    await removeCgroup(installation, name); // what a crash half-way left
    const folders = machineFolders(stateDir, name);
    if (!keepsDisk) await deleteDisk(folders);
    await ensureDisk(folders, content);
    await launch(options, name, namespace);
  }

  const lock = new KeyedLock();
  return {
    start: (spec) =>
      lock.run(spec.name, async () => {
        await fabric.plug(spec.name);
        await boot(machineNamespace(spec.name), { ...spec, keepsDisk: true });
      }),
    startIn: (namespace, spec) => lock.run(spec.name, () => boot(namespace, { ...spec, keepsDisk: false })),
    powerOff: (name, { skipShutdown }) =>
      lock.run(name, async () => {
        if (!skipShutdown) await shutDown(options, name);
        await fabric.unplug(name, () => removeCgroup(installation, name));
      }),
    wipe: (name) =>
      lock.run(name, async () => {
        await fabric.unplug(name, () => removeCgroup(installation, name));
        await deleteDisk(machineFolders(stateDir, name));
      }),
    powerState,
    async running() {
      const names = await readFolder(join(stateDir, 'machines'));
      const found = await Promise.all(
        names.map(async (name) => ({
          name,
          isRunning: (await initPid(stateDir, name)) !== undefined,
          services: await readFolder(join(machineFolders(stateDir, name).disk, servicesFolder)),
        })),
      );
      return found.filter(({ isRunning }) => isRunning);
    },
    async run(name, command, shellOptions = {}) {
      const pid = await initPid(stateDir, name);
      if (pid === undefined) {
        throw new SegwError('MachineNotRunning', `run ${command.join(' ')} on ${name}: the machine does not run`, {
          retryable: true,
        });
      }
      return run('nsenter', ['--target', String(pid), '--all', ...command], shellOptions);
    },
  };
}

async function launch(
  { stateDir, installation, fabric, root, binaries }: MachinesOptions,
  name: string,
  namespace: string,
): Promise<void> {
  const { folder } = machineFolders(stateDir, name);
  const hasRealTime = namespace === machineNamespace(name);
  const { procsFiles, bootArgument } = await createMachineCgroup(installation, name, { hasRealTime });
  const pairs = Object.entries(await binaries()).map(([binary, path]) => `${binary}=${path}`);
  const console_ = openSync(join(folder, 'console.log'), 'a');
  const child = spawn(
    launchScript,
    [
      procsFiles.join(':'),
      fabric.namespacePath(namespace),
      bootScript,
      name,
      folder,
      await root(),
      pairs.join(':'),
      bootArgument,
    ],
    {
      detached: true,
      stdio: ['ignore', console_, console_],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    },
  );
  closeSync(console_);
  const ended = new Promise<string>((resolve) =>
    child.once('error', (error) => resolve(error.message)).once('exit', (code) => resolve(`exit code ${String(code)}`)),
  );
  child.unref();
  await writeFileAtomic(join(folder, 'plug.pid'), String(child.pid ?? ''));
  await waitForBoot(stateDir, name, ended);
}

async function waitForBoot(stateDir: string, name: string, ended: Promise<string>): Promise<void> {
  let reason: string | undefined;
  void (async () => {
    reason = await ended;
  })();
  await pollUntil(
    `boot machine ${name}`,
    async (note) => {
      if (reason !== undefined)
        throw new SegwError(
          'MachineBootFailed',
          `machine ${name} ended while booting (${reason})\n${await consoleTail(stateDir, name)}`,
        );
      note(await consoleTail(stateDir, name));
      return initPid(stateDir, name);
    },
    { timeoutMs: bootTimeoutMs, intervalMs: 10 },
  );
}

async function consoleTail(stateDir: string, name: string): Promise<string> {
  const text = (await readIfExists(join(machineFolders(stateDir, name).folder, 'console.log'))) ?? '';
  return text.trim().split('\n').slice(-5).join('\n');
}

/** Process 1 of a machine that has booted, as the host numbers it; `undefined` when it does not run. */
async function initPid(stateDir: string, name: string): Promise<number | undefined> {
  const { folder } = machineFolders(stateDir, name);
  const plug = (await readIfExists(join(folder, 'plug.pid'))) ?? '';
  const commandLine = plug === '' ? undefined : await readIfExists(`/proc/${plug}/cmdline`).catch(() => undefined);
  if (commandLine?.split('\0').includes(folder) !== true) return undefined; // the number may be another machine's plug by now
  const children = await readIfExists(`/proc/${plug}/task/${plug}/children`).catch(() => undefined);
  const init = (children ?? '').split(' ').find(Boolean);
  return init !== undefined && (await exists(`/proc/${init}/root/run/segw-booted`)) ? Number(init) : undefined;
}

/** What init does at a clean shutdown: SIGTERM to everything, and a little time. */
async function shutDown({ stateDir, installation }: MachinesOptions, name: string): Promise<void> {
  const pid = await initPid(stateDir, name);
  if (pid === undefined) return;
  await run('nsenter', ['--target', String(pid), '--all', 'kill', '-TERM', '-1']).catch(() => undefined); // kill itself gets it, too
  const fewest = 2; // the plug and process 1
  await pollUntil(
    `services of ${name} end`,
    async () => ((await processesIn(installation, name)).length <= fewest ? true : undefined),
    {
      timeoutMs: shutdownMs,
    },
  ).catch(() => undefined); // the plug is pulled next
}
