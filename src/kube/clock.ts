import { SegwError } from '../base/error.ts';

/** Time, as a thing that tests can set. */
export interface Clock {
  /** Monotonic milliseconds: for measuring. */
  nowMs(): number;
  /** The time of day: for what is written into objects. */
  wallTime(): Date;
  /** Calls `callback` once, in `delayMs`. The answer cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallTime: () => new Date(),
  schedule: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};

/** Waits. Ends early, without an error, when `signal` aborts: whoever waits looks at the signal anyway. */
export async function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.schedule(delayMs, resolve);
  const onAbort = (): void => resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await promise;
  signal.removeEventListener('abort', onAbort);
  cancel();
}

/** Runs `work` with a signal that aborts with `signal`, or with a `Timeout` that names `what` after `limitMs`. */
export async function withLimit<T>(
  clock: Clock,
  { what, limitMs, signal }: { readonly what: string; readonly limitMs: number; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const cancel = clock.schedule(limitMs, () =>
    limit.abort(new SegwError('Timeout', `${what}: not after ${String(limitMs / 1000)} s`, { retryable: true })),
  );
  try {
    return await work(AbortSignal.any([signal, limit.signal]));
  } finally {
    cancel();
  }
}
