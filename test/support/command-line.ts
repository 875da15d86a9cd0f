import { Writable } from 'node:stream';
import type { ProgramCall } from '../../src/cli/context.ts';
import { ExitCode } from '../../src/cli/exit-code.ts';
import { runProgram } from '../../src/cli/program.ts';
import { repositoryDir } from './paths.ts';

export interface CommandLineResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the process would have become. */
  readonly became?: ProgramCall;
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
  let became: ProgramCall | undefined;
  const become = async (program: ProgramCall): Promise<never> => {
    became = program;
    throw new ExitCode(0);
  };
  const code = await runProgram(argv, { env, userId, signal, stdout, stderr, root: repositoryDir, become });
  return { code, stdout: stdout.text, stderr: stderr.text, ...(became && { became }) };
}

class TextSink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
