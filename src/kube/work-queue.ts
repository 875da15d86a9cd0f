import { backoffMs } from '../base/backoff.ts';

export interface WorkQueueOptions {
  /** The wait after a failure; doubles with each one in a row. */
  readonly firstRetryMs?: number;
  readonly maxRetryMs?: number;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** How the work on a key ended, at `nowMs`. */
export type WorkOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly afterMs: number }
  | { readonly kind: 'failed' };

/**
 * Which key is to be worked on next. Pure: time comes in as an argument, nothing waits here.
 *
 * - A key that waits is there once, however often it is added. First come, first served; a delayed key comes when its time is up.
 * - A key in work is never taken a second time. Added meanwhile, it is due at once when the work ends, whatever the outcome: the work
 *   may have seen the old state.
 * - Of two delays the earlier one counts, and `add` ends a delay, also that of a failure.
 */
export class WorkQueue {
  readonly #retry: { readonly firstMs: number; readonly maxMs: number };
  readonly #random: () => number;
  readonly #ready = new Set<string>();
  readonly #delayed = new Map<string, number>();
  readonly #inWork = new Set<string>();
  readonly #addedInWork = new Set<string>();
  readonly #failures = new Map<string, number>();

  constructor({ firstRetryMs = 50, maxRetryMs = 60_000, random = Math.random }: WorkQueueOptions = {}) {
    this.#retry = { firstMs: firstRetryMs, maxMs: maxRetryMs };
    this.#random = random;
  }

  /** Keys that wait, the delayed ones included. */
  get waiting(): number {
    return this.#ready.size + this.#delayed.size;
  }

  get inWork(): number {
    return this.#inWork.size;
  }

  /** How often in a row the work on `key` has failed. */
  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  add(key: string): void {
    if (this.#inWork.has(key)) {
      this.#addedInWork.add(key);
      return;
    }
    this.#delayed.delete(key);
    this.#ready.add(key);
  }

  /** The next key that is due; it is in work until `finish`. */
  take(nowMs: number): string | undefined {
    this.#promote(nowMs);
    const [key] = this.#ready;
    if (key === undefined) return undefined;
    this.#ready.delete(key);
    this.#inWork.add(key);
    return key;
  }

  finish(key: string, outcome: WorkOutcome, nowMs: number): void {
    if (!this.#inWork.delete(key)) return;
    const failures = outcome.kind === 'failed' ? this.failuresOf(key) + 1 : 0;
    if (failures === 0) this.#failures.delete(key);
    else this.#failures.set(key, failures);
    if (this.#addedInWork.delete(key)) this.#ready.add(key);
    else if (outcome.kind === 'again') this.#delayed.set(key, nowMs + outcome.afterMs);
    else if (outcome.kind === 'failed') this.#delayed.set(key, nowMs + backoffMs(failures - 1, this.#retry, this.#random));
  }

  /** When the next key is due: not later than now if one is ready; `undefined` when nothing waits. */
  nextDueMs(nowMs: number): number | undefined {
    if (this.#ready.size > 0) return nowMs;
    return this.#delayed.size === 0 ? undefined : this.#delayed.values().reduce((a, b) => Math.min(a, b));
  }

  #promote(nowMs: number): void {
    const due = [...this.#delayed].filter(([, dueMs]) => dueMs <= nowMs).sort(([, a], [, b]) => a - b);
    for (const [key] of due) {
      this.#delayed.delete(key);
      this.#ready.add(key);
    }
  }
}
