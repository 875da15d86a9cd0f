interface ShellOptions {
  /** A file of the host, given to the command as standard input. */
  readonly inputFile?: string;
  readonly signal?: AbortSignal;
}

/** Runs commands on a machine, as root. Implemented by the region's machines. */
export interface NodeShell {
  /** Returns standard output. Throws SegwError when the command ends with an error, or when the machine does not run. */
  run(machine: string, command: readonly string[], options?: ShellOptions): Promise<string>;
}
