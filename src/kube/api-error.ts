import { SegwError } from '../base/error.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import { firstLine } from '../base/first-line.ts';

/** `v1.Status`, as far as we read it. */
interface ApiStatus {
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
}

const codesByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'InvalidObject',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'ResourceExpired',
  422: 'InvalidObject',
  429: 'TooManyRequests',
};

/** What the same call may survive without anybody changing anything. A conflict needs a new read first. */
const retryableCodes: ReadonlySet<ErrorCode> = new Set(['ApiServerError', 'Conflict', 'ResourceExpired', 'TooManyRequests']);

/**
 * The error for an answer of the API server with HTTP status `httpStatus`. `body` is the answer's text: a `Status` object, or
 * whatever a proxy in between has to say.
 */
export function toApiError(what: string, httpStatus: number, body: string): SegwError {
  return fromStatus(what, { code: httpStatus, ...parseStatus(body) });
}

/** The error for a `Status` object, as the API server puts it into an answer or a watch. */
export function fromStatus(what: string, { code = 500, reason, message = reason ?? 'no message' }: ApiStatus): SegwError {
  const ours = reason === 'AlreadyExists' ? 'AlreadyExists' : (codesByStatus[code] ?? 'ApiServerError');
  return new SegwError(ours, `${what}: ${message} (${String(code)})`, { retryable: retryableCodes.has(ours) });
}

function parseStatus(body: string): ApiStatus {
  const message = firstLine(body.trim()).slice(0, 500) || 'empty answer';
  try {
    const parsed: unknown = JSON.parse(body);
    return isStatus(parsed) ? parsed : { message };
  } catch {
    return { message };
  }
}

function isStatus(value: unknown): value is ApiStatus {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
}

export function isError(thrown: unknown, ...codes: readonly ErrorCode[]): thrown is SegwError {
  return thrown instanceof SegwError && codes.includes(thrown.code);
}
