import type { ErrorCode } from '../base/error-codes.ts';
import { messageOf, SegwError } from '../base/error.ts';
import { cniErrorCodes, type CniError } from './error-object.ts';

const codes: Partial<Record<ErrorCode, number>> = {
  Internal: cniErrorCodes.internal,
  InvalidInput: cniErrorCodes.invalidConfiguration,
};

/** The error object for whatever was thrown: `msg` says what and why, `details` what to do. Of foreign errors only the text is known. */
export function toCniError(thrown: unknown): CniError {
  if (!(thrown instanceof SegwError))
    return { code: cniErrorCodes.internal, msg: messageOf(thrown), details: 'see the log of the worker-agent of this node' };
  const code = codes[thrown.code] ?? (thrown.retryable ? cniErrorCodes.tryAgainLater : cniErrorCodes.refused);
  return { code, msg: thrown.message, details: thrown.remedy };
}
