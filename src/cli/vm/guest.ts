import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { execa } from 'execa';
import { messageOf, SegwError } from '../../base/error.ts';
import { exists, readIfExists } from '../../base/files.ts';
import { pollUntil } from '../../base/poll.ts';
import { inStep, type Progress } from '../../base/progress.ts';
import type { Emulator } from './emulator.ts';
import { emulatorArguments } from './emulator-arguments.ts';
import type { GuestImage } from './guest-image.ts';

/** Where the guest's root has the shares (`deploy/vm/root/etc/fstab`). The first two are read-only there. */
export const guestFolders = { project: '/segw/project', cache: '/segw/cache', run: '/segw/run' } as const;

export interface GuestJob {
  readonly emulator: Emulator;
  readonly image: GuestImage;
  /** Absolute paths on the host. */
  readonly shares: { readonly project: string; readonly cache: string };
  /** What bash does in the guest, as root, in the project's folder. */
  readonly script: string;
  /** Name → content: files that the job finds in `guestFolders.run`. */
  readonly files: Readonly<Record<string, string>>;
  /** Names of files that the job leaves there. */
  readonly results: readonly string[];
  /** Gets the job's output as it comes. */
  readonly stdout: Writable;
  /** Until the job starts, and from the start of the guest to its end. */
  readonly limits: { readonly bootMs: number; readonly totalMs: number };
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export interface GuestResult {
  /** The exit code of the job's shell. */
  readonly status: number;
  /** Those of `GuestJob.results` that are there. */
  readonly files: Readonly<Record<string, string>>;
}

const memoryMib = 2048;
const shareTimeoutMs = 10_000;
const quotedConsoleLines = 30;

/**
 * Runs a job in a guest that exists for it alone. No process of it stays, also when this process is
 * killed. Throws `MachineBootFailed` when the job does not start or the guest ends before it, `Timeout` at the total limit.
 */
export async function runInGuest(job: GuestJob): Promise<GuestResult> {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'segw-vm-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const start = (program: string, args: readonly string[]): BoundProgram => {
    const child = startBound(program, args, job);
    cleanup.defer(() => endNow(child));
    return child;
  };
  const run = join(folder, 'run');
  await writeFiles(run, { ...job.files, job: job.script });
  const shares = await startShares(job, { ...job.shares, run }, { folder, start });
  const guest = { run, consoleFile: join(folder, 'console') };
  const { image, emulator } = job;
  const machine = { image, accelerator: emulator.accelerator, memoryMib, shares, consoleFile: guest.consoleFile };
  const qemu = start('qemu-system-x86_64', emulatorArguments(machine));
  qemu.stdout.pipe(job.stdout, { end: false });
  await inStep(job.progress, `start a guest (${emulator.accelerator})`, () => untilBooted(qemu, job, guest));
  await untilEnd(qemu, job, guest);
  return readResult(job, guest);
}

interface RunningGuest {
  /** The share of the job's own. */
  readonly run: string;
  readonly consoleFile: string;
}

type BoundProgram = ReturnType<typeof startBound>;

/** A program that is killed by the kernel when this process ends, however it ends. */
function startBound(program: string, args: readonly string[], { limits, signal }: GuestJob) {
  return execa('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    buffer: { stdout: false, stderr: true },
    reject: false,
    timeout: limits.totalMs,
    cancelSignal: signal,
  });
}

async function endNow(child: BoundProgram): Promise<void> {
  child.kill('SIGKILL');
  await child;
}

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
}

interface ShareStart {
  readonly folder: string;
  readonly start: (program: string, args: readonly string[]) => BoundProgram;
}

/** Returns tag → socket, as soon as QEMU can connect to them. */
async function startShares(
  { emulator, signal }: GuestJob,
  folders: Readonly<Record<string, string>>,
  { folder, start }: ShareStart,
): Promise<Readonly<Record<string, string>>> {
  const sockets = Object.keys(folders).map((tag) => [tag, join(folder, `${tag}.socket`)] as const);
  for (const [tag, socket] of sockets) {
    void start(emulator.virtiofsd, [`--socket-path=${socket}`, '-o', `source=${folders[tag] ?? ''},cache=auto`]);
    const options = { timeoutMs: shareTimeoutMs, intervalMs: 20, signal };
    await pollUntil(`the socket of virtiofsd for ${tag}`, async () => (await exists(socket)) || undefined, options);
  }
  return Object.fromEntries(sockets);
}

async function untilBooted(qemu: BoundProgram, { limits, signal }: GuestJob, guest: RunningGuest): Promise<void> {
  const hasEnded = (): boolean => (qemu.exitCode ?? qemu.signalCode) !== null;
  const probe = async (): Promise<true | undefined> => (await exists(join(guest.run, 'booted'))) || hasEnded() || undefined;
  try {
    await pollUntil('the job starts', probe, { timeoutMs: limits.bootMs, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw await failure(guest, messageOf(error));
  }
}

async function untilEnd(qemu: BoundProgram, { limits, signal }: GuestJob, guest: RunningGuest): Promise<void> {
  const { timedOut, failed, stderr } = await qemu;
  signal.throwIfAborted();
  if (timedOut) throw new SegwError('Timeout', `the guest: no end after ${String(limits.totalMs / 1000)} s`);
  if (failed) throw await failure(guest, stderr);
}

async function readResult(job: GuestJob, guest: RunningGuest): Promise<GuestResult> {
  const status = await readIfExists(join(guest.run, 'status'));
  if (status === undefined) throw await failure(guest, 'it ended without the status of its job');
  const files: Record<string, string> = {};
  for (const name of job.results) {
    const content = await readIfExists(join(guest.run, name));
    if (content !== undefined) files[name] = content;
  }
  return { status: Number(status), files };
}

async function failure({ consoleFile }: RunningGuest, reason: string): Promise<SegwError> {
  const console_ = (await readIfExists(consoleFile)) ?? '';
  const tail = console_.trimEnd().split('\n').slice(-quotedConsoleLines).join('\n');
  return new SegwError('MachineBootFailed', `the guest: ${reason}\n${tail}`);
}
