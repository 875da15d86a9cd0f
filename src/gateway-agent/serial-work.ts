import type { Clock } from '../kube/clock.ts';

/** Runs `work` whenever it is asked for, one run after the other. Asked for meanwhile, it runs again: it may have seen the old state. */
export class SerialWork {
  readonly #work: (signal: AbortSignal) => Promise<void>;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  /** `work` must not throw: it decides itself when it is to run again. */
  constructor(work: (signal: AbortSignal) => Promise<void>, clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  /** The next run begins in `delayMs` at the latest. */
  request(delayMs: number): void {
    const dueMs = this.#clock.nowMs() + delayMs;
    if (this.#stopping.signal.aborted || dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    if (this.#running === undefined) this.#setTimer();
  }

  /** Runs what is due no more; aborts the run under way and waits for its end. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopped'));
    this.#cancelTimer?.();
    await this.#running;
  }

  #setTimer(): void {
    this.#cancelTimer?.();
    if (this.#dueMs === Number.POSITIVE_INFINITY || this.#stopping.signal.aborted) return;
    this.#cancelTimer = this.#clock.schedule(this.#dueMs - this.#clock.nowMs(), () => this.#run());
  }

  #run(): void {
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#running = this.#work(this.#stopping.signal).finally(() => {
      this.#running = undefined;
      this.#setTimer();
    });
  }
}
