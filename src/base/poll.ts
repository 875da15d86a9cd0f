import { setTimeout as sleep } from 'node:timers/promises';
import { SegwError } from './error.ts';

interface PollOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks `probe` until it answers with something other than `undefined` and returns that. Throws `Timeout` that names `what` and the
 * last state. A probe may call `note` to say what it saw, so that a time-out tells why.
 */
export async function pollUntil<T>(
  what: string,
  probe: (note: (state: string) => void) => Promise<T | undefined> | T | undefined,
  { timeoutMs, intervalMs = 100, signal }: PollOptions,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let last = 'no answer yet';
  for (;;) {
    signal?.throwIfAborted();
    const value = await probe((state) => {
      last = state;
    });
    if (value !== undefined) return value;
    if (performance.now() >= deadline)
      throw new SegwError('Timeout', `${what}: not after ${String(timeoutMs / 1000)} s (${last})`, { retryable: true });
    await sleep(intervalMs, undefined, signal ? { signal } : {});
  }
}
