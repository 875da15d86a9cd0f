import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { startResponderLoop, type ResponderLoop, type ResponderLoopOptions } from './responder-loop.ts';

/** The namespace in which a gateway's tunnels end. It comes and goes. */
export interface TunnelEnd {
  /** What tells it from another one that came after it; `undefined`: there is none. */
  identity(): string | undefined;
  /** The descriptor of a UDP socket in it, bound to the probe port. */
  openSocket(): number;
}

export interface TunnelResponderOptions extends Pick<ResponderLoopOptions, 'keysOf' | 'answer'> {
  readonly end: TunnelEnd;
  readonly log: Logger;
}

/** Answers the probes that come through the tunnels, in the calling thread: who asks waits ten seconds. */
export class TunnelResponder {
  readonly #options: TunnelResponderOptions;
  #identity: string | undefined;
  #loop: Promise<ResponderLoop | undefined> = Promise.resolve(undefined);

  constructor(options: TunnelResponderOptions) {
    this.#options = options;
  }

  /** Goes to the namespace that is there now. A socket keeps its namespace alive, so it is closed when that is no longer the one. */
  refresh(): void {
    const identity = this.#options.end.identity();
    if (identity === this.#identity) return;
    this.#identity = identity;
    this.#loop = this.#loop.then(async (before) => {
      await before?.stop();
      return identity === this.#identity ? await this.#start(identity) : undefined;
    });
  }

  async stop(): Promise<void> {
    this.#identity = undefined;
    await (await this.#loop)?.stop();
  }

  async #start(identity: string | undefined): Promise<ResponderLoop | undefined> {
    if (identity === undefined) return undefined;
    const { end, log, keysOf, answer } = this.#options;
    const onError = (error: unknown): void => {
      log.error({ error: messageOf(error) }, 'probes through the tunnels are not answered');
      if (this.#identity === identity) this.#identity = undefined;
    };
    try {
      return await startResponderLoop({ at: { fd: end.openSocket() }, keysOf, answer, onError });
    } catch (error) {
      onError(error);
      return undefined;
    }
  }
}
