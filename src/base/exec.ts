import { execa } from 'execa';
import { definedOnly } from './defined.ts';
import { SegwError } from './error.ts';

export interface RunOptions {
  readonly input?: string;
  /** A file given as standard input. */
  readonly inputFile?: string;
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called with each line of standard output and standard error as it comes. */
  readonly onLine?: (line: string) => void;
}

/** How many lines of a failed program's output its error quotes. */
const quotedLines = 15;

/**
 * Runs a program without a shell and returns its standard output without the last newline.
 * Throws `CommandFailed` with the command and the end of its output, `Timeout` when `timeoutMs` passed.
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { onLine, timeoutMs: timeout, signal: cancelSignal, input, inputFile, ...rest } = options;
  const child = execa(command, args, {
    reject: false,
    all: true,
    ...rest,
    ...(input === undefined && inputFile === undefined ? { stdin: 'ignore' as const } : {}),
    ...definedOnly({ timeout, cancelSignal, input, inputFile }),
  });
  if (onLine) for await (const line of child.iterable({ from: 'all' })) onLine(line);
  const result = await child;
  if (!result.failed) return result.stdout;
  const line = [command, ...args].join(' ');
  if (result.timedOut) throw new SegwError('Timeout', `${line}: no end after ${String(timeout)} ms`);
  const tail = result.all.split('\n').slice(-quotedLines).join('\n');
  throw new SegwError('CommandFailed', `${line}: ${result.shortMessage?.split('\n')[0] ?? 'failed'}\n${tail}`);
}

/** True when a program of this name is on PATH. */
export async function isOnPath(command: string): Promise<boolean> {
  const result = await execa('sh', ['-c', 'command -v "$0"', command], { reject: false, stdio: 'ignore' });
  return result.exitCode === 0;
}
