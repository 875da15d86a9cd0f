/** Thrown by a command that has said everything there is to say and ends with this code. */
export class ExitCode extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit code ${String(code)}`);
    this.code = code;
  }
}
