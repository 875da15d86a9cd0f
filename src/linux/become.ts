import koffi from 'koffi';
import { definedOnly } from '../base/defined.ts';
import { messageOf, SegwError } from '../base/error.ts';

const symbols = koffi.load(null);
const fcntl = symbols.func('int fcntl(int, int, ...)') as (fd: number, command: number, ...rest: ['int', number]) => number;
const signal = symbols.func('intptr_t signal(int, intptr_t)') as (signal: number, handler: number) => number;

const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;
const SIG_DFL = 0;
/** Node ignores them, and what is ignored stays so in the program that comes next (signal(7)). */
const ignoredSignals = { SIGPIPE: 13, SIGXFSZ: 25 };
const standardStreams = [0, 1, 2];

interface ProgramCall {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * execve(2), after undoing what Node did to the standard streams and signals of this process: a program expects streams that block, and
 * to end by SIGPIPE. Throws `CommandFailed` when the program cannot be started.
 */
export function become({ file, args, env }: ProgramCall): never {
  for (const stream of standardStreams) makeBlocking(stream);
  for (const number of Object.values(ignoredSignals)) signal(number, SIG_DFL);
  if (!process.execve) throw new SegwError('Internal', 'this Node cannot replace itself by another program');
  try {
    return process.execve(file, [file, ...args], definedOnly(env));
  } catch (error) {
    throw new SegwError('CommandFailed', `start ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** A closed stream has no flags. */
function makeBlocking(stream: number): void {
  const flags = fcntl(stream, F_GETFL, 'int', 0);
  if (flags >= 0) fcntl(stream, F_SETFL, 'int', flags & ~O_NONBLOCK);
}
