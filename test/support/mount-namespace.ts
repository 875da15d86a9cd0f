import { spawn, type ChildProcess } from 'node:child_process';
import { readlink } from 'node:fs/promises';
import { execa } from 'execa';
import { run } from '../../src/base/exec.ts';
import { pollUntil } from '../../src/base/poll.ts';

const enter = 'nsenter';

/** A mount namespace that ends with `end`: what is mounted in it, the host never sees. */
export class MountNamespace {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async create(): Promise<MountNamespace> {
    const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sleep', 'infinity'], { stdio: 'ignore' });
    const host = await readlink('/proc/self/ns/mnt');
    await pollUntil(
      'a mount namespace',
      async () => ((await readlink(`/proc/${String(holder.pid)}/ns/mnt`)) === host ? undefined : true),
      { timeoutMs: 5000, intervalMs: 5 },
    );
    return new MountNamespace(holder);
  }

  /** Runs a shell script in it; `$0`, `$1`, ... are `values`. */
  async script(text: string, ...values: readonly string[]): Promise<string> {
    return run(enter, [...this.#target, 'sh', '-euc', text, ...values]);
  }

  /** Runs a program in it, whatever its exit code. */
  async run(
    command: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number | undefined; readonly stdout: string; readonly stderr: string }> {
    const { exitCode: code, stdout, stderr } = await execa(enter, [...this.#target, ...command], { reject: false, env });
    return { code, stdout, stderr };
  }

  end(): void {
    this.#holder.kill('SIGKILL');
  }

  get #target(): readonly string[] {
    return [`--mount=/proc/${String(this.#holder.pid)}/ns/mnt`];
  }
}
