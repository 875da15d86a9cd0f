import { errorCodes, type ErrorCode } from './error-codes.ts';

interface SegwErrorOptions {
  /** What the user can do. Default: the remedy that the catalog gives for the code. */
  readonly remedy?: string;
  readonly cause?: unknown;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
}

/**
 * The one error class. `message` says what we were doing and why it failed; `code` is a row of the catalog (`docs/errors.md`);
 * `remedy` says what to do.
 */
export class SegwError extends Error {
  override readonly name = 'SegwError';
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: SegwErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy ?? errorCodes[code].remedy;
    this.retryable = options.retryable ?? false;
  }
}

/** The text of anything that was thrown, in one line. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** True for an error of Node's with this `code` (`ENOENT`, `EADDRINUSE`, ...). */
export function hasErrno(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}
