import { Writable } from 'node:stream';
import { runProgram } from '../../src/cli/program.ts';
import { repositoryDir } from './paths.ts';

export interface CommandLineResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface CommandLineOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Who the command believes to be; default root. */
  readonly userId?: number;
  readonly signal?: AbortSignal;
}

/** `segw ARGV` in this process, in a world of its own: environment, user, streams. */
export async function runCommandLine(
  argv: readonly string[],
  { env = {}, userId = 0, signal = new AbortController().signal }: CommandLineOptions = {},
): Promise<CommandLineResult> {
  const stdout = new TextSink();
  const stderr = new TextSink();
  const code = await runProgram(argv, { env, userId, signal, stdout, stderr, root: repositoryDir });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class TextSink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
