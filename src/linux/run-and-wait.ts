import koffi from 'koffi';
import { systemCallError } from './libc.ts';

const symbols = koffi.load(null);
const posixSpawn = symbols.func(
  'int posix_spawn(_Out_ int *, const char *, void *, const void *, const char **, const char **)',
) as (...args: SpawnArguments) => number;
const initActions = symbols.func('int posix_spawn_file_actions_init(void *)') as (actions: Uint8Array) => number;
const addOpen = symbols.func('int posix_spawn_file_actions_addopen(void *, int, const char *, int, unsigned int)') as (
  ...args: [actions: Uint8Array, fd: number, path: string, flags: number, mode: number]
) => number;
const destroyActions = symbols.func('int posix_spawn_file_actions_destroy(void *)') as (actions: Uint8Array) => number;
const waitpid = symbols.func('int waitpid(int, _Out_ int *, int)') as (pid: number, status: [number], options: number) => number;

type SpawnArguments = [
  pid: [number],
  path: string,
  actions: Uint8Array,
  attributes: null,
  argv: readonly (string | null)[],
  envp: readonly (string | null)[],
];

const O_WRONLY_CREAT_TRUNC = 0o1101;
/** More than any C library takes (80 in glibc). */
const actionsBytes = 256;

export interface WaitedProgram {
  /** Absolute path. */
  readonly file: string;
  readonly args?: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** A file that is its standard input, and one that its standard output replaces. */
  readonly inputFile: string;
  readonly outputFile: string;
}

export interface EndedProgram {
  /** 128 and more: ended by a signal. */
  readonly exitCode: number;
  /** From before its start to its end. */
  readonly durationMs: number;
}

/**
 * Runs a program in the namespaces of the calling thread, which waits for it. Costs what the program costs: there is no fork of this
 * process, which takes longer than a small program. Throws `SystemCall` when it cannot be started. Source: posix_spawn(3).
 */
export function runAndWait({ file, args = [], env, inputFile, outputFile }: WaitedProgram): EndedProgram {
  const actions = new Uint8Array(actionsBytes);
  initActions(actions);
  addOpen(actions, 0, inputFile, 0, 0);
  addOpen(actions, 1, outputFile, O_WRONLY_CREAT_TRUNC, 0o600);
  try {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const pid: [number] = [0];
    const status: [number] = [0];
    const beganMs = performance.now();
    const error = posixSpawn(pid, file, actions, null, [file, ...args, null], [...variables, null]);
    if (error !== 0) throw systemCallError(`start ${file}`, error, 'posix_spawn');
    waitpid(pid[0], status, 0);
    return { exitCode: exitCodeOf(status[0]), durationMs: performance.now() - beganMs };
  } finally {
    destroyActions(actions);
  }
}

/** wait(2): the low seven bits are the signal, the next byte is the exit code. */
function exitCodeOf(status: number): number {
  const killer = status & 0x7f;
  return killer === 0 ? (status >> 8) & 0xff : 128 + killer;
}
