import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { Clock } from '../kube/clock.ts';
import { LiveFlows, type Flows } from './live-flows.ts';

/** `undefined`: the gateway does not drain. */
export type DrainState =
  | {
      /** What makes it drain, in words. */
      readonly why: string;
      /** Of its own, at the last look; `undefined`: nobody could look yet. */
      readonly connections: number | undefined;
      /** It has had no connections of its own for a while: nothing is lost when the node goes. */
      readonly isDrained: boolean;
    }
  | undefined;

export interface DrainOptions {
  /** Why the gateway is to drain; `undefined`: it is not. */
  readonly why: () => string | undefined;
  readonly flows: Flows;
  /** Whether a flow with this source is somebody's connection through the gateway. */
  readonly isLabel: (source: string) => boolean;
  /** After so long without a packet a flow without an end of its own counts as ended. */
  readonly idleMs: number;
  /** Called after each change of the state. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Drain {
  readonly state: DrainState;
  /** `why` may say something else now. */
  update(): void;
  stop(): void;
}

/** So long without a connection, and so long after the announcement: by then every worker has heard it, and no SYN is on its way. */
const quietMs = 3000;
const lookEveryMs = 500;
/** A look at a hundred thousand connections takes a while; it is to cost a twentieth of the time at most. */
const restFactor = 20;

/** Follows whether the gateway is to drain, and while it does, whether it has connections left. Changes nothing in the kernel. */
export function startDrain(options: DrainOptions): Drain {
  return new DrainWatch(options);
}

class DrainWatch implements Drain {
  readonly #options: DrainOptions;
  #live: LiveFlows;
  #state: DrainState;
  #quietSinceMs = 0;
  #cancel: (() => void) | undefined;

  constructor(options: DrainOptions) {
    this.#options = options;
    this.#live = new LiveFlows(options.idleMs);
  }

  get state(): DrainState {
    return this.#state;
  }

  update(): void {
    const why = this.#options.why();
    if (why === this.#state?.why) return;
    if (why === undefined) this.#end();
    else if (this.#state === undefined) this.#begin(why);
    else this.#set({ ...this.#state, why });
  }

  stop(): void {
    this.#cancel?.();
  }

  #begin(why: string): void {
    const { clock, log, idleMs } = this.#options;
    log.info({ why }, 'the gateway drains');
    this.#live = new LiveFlows(idleMs);
    this.#quietSinceMs = clock.nowMs();
    this.#set({ why, connections: undefined, isDrained: false });
    this.#lookIn(0);
  }

  #end(): void {
    this.#options.log.info('the gateway drains no longer');
    this.#cancel?.();
    this.#set(undefined);
  }

  #lookIn(delayMs: number): void {
    this.#cancel = this.#options.clock.schedule(delayMs, () => this.#look());
  }

  #look(): void {
    if (this.#state === undefined) return;
    const { flows, isLabel, clock, log } = this.#options;
    const startedMs = clock.nowMs();
    let connections: number | undefined;
    try {
      connections = this.#live.count(
        flows.list().filter(({ source }) => isLabel(source)),
        startedMs,
      );
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'connections of the gateway not counted, it will be tried again');
    }
    const endedMs = clock.nowMs();
    if (connections !== 0) this.#quietSinceMs = endedMs;
    this.#see(connections, endedMs - this.#quietSinceMs >= quietMs);
    this.#lookIn(Math.max(lookEveryMs, (endedMs - startedMs) * restFactor));
  }

  #see(connections: number | undefined, isDrained: boolean): void {
    if (this.#state === undefined) return;
    const { connections: before, isDrained: wasDrained, why } = this.#state;
    if (connections === before && isDrained === wasDrained) return;
    if (isDrained !== wasDrained)
      this.#options.log.info({ connections }, isDrained ? 'the gateway is drained' : 'it is in use again');
    this.#set({ why, connections, isDrained });
  }

  #set(state: DrainState): void {
    this.#state = state;
    this.#options.onChange();
  }
}
