import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';

/** Work that nobody waits for, until the end. What fails is logged. */
export class Background {
  readonly #log: Logger;
  readonly #running = new Set<Promise<void>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  run(failure: string, work: Promise<void>): void {
    const done = work.catch((error: unknown) => this.#log.error({ error: messageOf(error) }, failure));
    this.#running.add(done);
    void done.finally(() => this.#running.delete(done));
  }

  /** Fulfilled when everything that runs now has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }
}
