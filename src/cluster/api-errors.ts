import { ApiException } from '@kubernetes/client-node';
import type { ErrorCode } from '../base/error-codes.ts';
import { messageOf, SegwError } from '../base/error.ts';

/** Runs `call`; what it throws becomes a SegwError that says what we were doing. A conflict, an overload or a lost connection is worth another try. */
export async function callApi<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw fromApi(what, error);
  }
}

/** The same for an object that need not be there: `undefined` when it is not. */
export async function callApiIfFound<T>(what: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await callApi(what, call);
  } catch (error) {
    if (error instanceof SegwError && error.code === 'NotFound') return undefined;
    throw error;
  }
}

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  422: 'InvalidObject',
  429: 'TooManyRequests',
};

function fromApi(what: string, thrown: unknown): SegwError {
  if (thrown instanceof SegwError) return thrown;
  if (!(thrown instanceof ApiException))
    return new SegwError('ApiServerUnreachable', `${what}: ${reasonOf(thrown)}`, { cause: thrown, retryable: true });
  const { code, body } = thrown;
  const retryable = code === 409 || code === 429 || code >= 500;
  const message = `${what}: ${String(code)} ${statusMessage(body)}`;
  return new SegwError(codes[code] ?? 'ApiServerError', message, { cause: thrown, retryable });
}

/** undici says only "fetch failed" and keeps the reason in `cause`. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause === undefined ? messageOf(thrown) : `${messageOf(thrown)}: ${messageOf(cause)}`;
}

/** `message` of a Kubernetes Status, which client-node gives as an object or as text, depending on the call. */
function statusMessage(body: unknown): string {
  if (typeof body === 'string') return body.startsWith('{') ? statusMessage(JSON.parse(body) as unknown) : body;
  if (typeof body === 'object' && body !== null && 'message' in body) return String(body.message);
  return 'no message';
}
