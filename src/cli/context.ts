import type { Writable } from 'node:stream';
import type { Settings } from './settings.ts';

/** What a command gets from the process: nothing in here is global, so a test runs a command in its own world. */
export interface Context {
  readonly settings: Settings;
  /** The result: tables, JSON, what a script reads. */
  readonly stdout: Writable;
  /** Progress and errors. */
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userId: number;
  /** The repository's root. */
  readonly root: string;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /**
   * Replaces this process: the program has its process id, terminal, streams, signals and exit code. Throws when the program cannot be
   * started.
   */
  readonly become: (program: ProgramCall) => Promise<never>;
}

export interface ProgramCall {
  /** Absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
