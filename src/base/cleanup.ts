import type { Logger } from './log.ts';
import { messageOf } from './error.ts';

/**
 * What has to be undone when a piece of work fails half-way, newest first. `disarm` on success; `run` on failure. Every entry is
 * tried, also after one failed: a cleanup that stops early leaves more behind than it has to.
 */
export class CleanupStack {
  #entries: { readonly what: string; readonly undo: () => Promise<void> | void }[] = [];

  add(what: string, undo: () => Promise<void> | void): void {
    this.#entries.push({ what, undo });
  }

  disarm(): void {
    this.#entries = [];
  }

  async run(log: Logger): Promise<void> {
    for (const { what, undo } of this.#entries.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        log.warn({ what, error: messageOf(error) }, 'clean-up failed');
      }
    }
  }
}
