import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { SegwError } from '../../base/error.ts';

interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once when somebody else holds the lock. */
  readonly onWait?: () => void;
}

/**
 * The lock belongs to an open file of `cat`, which ends with its standard input: however this process ends, the kernel gives the
 * lock back, and there is no stale lock to find out about.
 */
const holder = `flock --nonblock "$0" sh -c : || echo waiting; exec flock "$0" sh -c 'echo held; exec cat >/dev/null'`;

/** Runs `work` while this process alone holds the lock `path` (flock(2), through util-linux). Throws `CommandFailed` without it. */
export async function withLock<T>(path: string, work: () => Promise<T>, { signal, onWait }: LockOptions = {}): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  // A process group of its own: a Ctrl-C on the terminal must not take the lock away from work that is still cleaning up.
  const child = spawn('sh', ['-c', holder, path], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    ...(signal && { signal }),
  });
  child.on('error', () => {
    // An abort; also seen as the end of the output.
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  try {
    const isHeld = await untilHeld(child.stdout, onWait);
    signal?.throwIfAborted();
    if (!isHeld) throw new SegwError('CommandFailed', `lock ${path}: flock of util-linux gave no lock`);
    return await work();
  } finally {
    child.stdin.end();
    await closed;
  }
}

async function untilHeld(output: NodeJS.ReadableStream, onWait?: () => void): Promise<boolean> {
  for await (const line of createInterface({ input: output })) {
    if (line === 'held') return true;
    onWait?.();
  }
  return false;
}
