import { backoffMs } from '../base/backoff.ts';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { pause, systemClock, type Clock } from '../kube/clock.ts';

export interface NodeRemovalOptions {
  /** Takes everything off the node. Twice is once. */
  readonly remove: () => Promise<void>;
  /** Puts back what nobody else does. Twice is once. */
  readonly restore: () => Promise<void>;
  /** Called after each of the two has succeeded. */
  readonly onChange: () => void;
  readonly log: Logger;
  readonly clock?: Clock;
}

const backoff = { firstMs: 200, maxMs: 15_000 };

/** Takes everything of ours off the node when nothing needs it any more, and undoes that. One thing at a time; what fails is tried again. */
export class NodeRemoval {
  readonly #options: NodeRemovalOptions;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #isWanted = false;
  #state: 'whole' | 'partly removed' | 'removed' = 'whole';
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: NodeRemovalOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Nothing is left, nor wanted. */
  get isDone(): boolean {
    return this.#isWanted && this.#state === 'removed';
  }

  setWanted(isWanted: boolean): void {
    this.#isWanted = isWanted;
    if (!this.#isRunning) this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the removal was stopped'));
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    const { signal } = this.#stopping;
    let failures = 0;
    while (this.#state !== (this.#isWanted ? 'removed' : 'whole') && !signal.aborted) {
      try {
        await this.#step();
        failures = 0;
        this.#options.onChange();
      } catch (error) {
        this.#options.log.error({ error: messageOf(error) }, 'not everything is off the node, will be tried again');
        await pause(this.#clock, backoffMs(failures++, backoff), signal);
      }
    }
    this.#isRunning = false;
  }

  async #step(): Promise<void> {
    const { remove, restore, log } = this.#options;
    if (!this.#isWanted) {
      await restore();
      this.#state = 'whole';
      return;
    }
    this.#state = 'partly removed';
    await remove();
    this.#state = 'removed';
    log.info('everything is off the node');
  }
}
