import { backoffMs } from '../base/backoff.ts';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { pause, type Clock } from '../kube/clock.ts';
import { describeEvents, eventsOf, eventsToStart, type MaintenanceEvent } from './maintenance.ts';
import type { MetadataService } from './metadata-service.ts';

export interface MaintenanceWatchOptions {
  readonly service: MetadataService;
  /** `why` of an earlier agent: it holds until the service is heard. */
  readonly remembered: string | undefined;
  /** Whether nothing is lost when the node goes now. */
  readonly isDrained: () => boolean;
  /** After so long an event may begin whatever is still connected. */
  readonly waitMs: number;
  /** Called after each change of `why`. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface MaintenanceWatch {
  /** Why the node drains for its events; `undefined`: none is announced. */
  readonly why: string | undefined;
  stop(): Promise<void>;
}

/** The shortest notice, of a spot machine, is 30 s. */
const intervalMs = 2000;
const retry = { firstMs: intervalMs, maxMs: 60_000 };

/** Asks the metadata service for events of this machine, from now on, and agrees to them when they may begin. */
export function startMaintenanceWatch(options: MaintenanceWatchOptions): MaintenanceWatch {
  const stopping = new AbortController();
  const follower = new Follower(options);
  const running = follower.run(stopping.signal);
  return {
    get why() {
      return follower.why;
    },
    stop: async () => {
      stopping.abort(new Error('stopped'));
      await running;
    },
  };
}

class Follower {
  readonly #options: MaintenanceWatchOptions;
  #instance: string | undefined;
  #seenAtMs: ReadonlyMap<string, number> = new Map();
  why: string | undefined;

  constructor(options: MaintenanceWatchOptions) {
    this.#options = options;
    this.why = options.remembered;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#look(signal);
        if (failures > 0) log.info('the metadata service answers again');
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        // Where there is no such service it never answers: one line is enough.
        if (failures === 0) log.warn({ error: messageOf(error) }, 'scheduled events not known, the service is asked again');
        failures += 1;
      }
      await pause(clock, failures === 0 ? intervalMs : backoffMs(failures - 1, retry), signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { service, isDrained, waitMs, clock, log } = this.#options;
    this.#instance ??= await service.instanceName(signal);
    const events = eventsOf(this.#instance, await service.events(signal));
    const nowMs = clock.nowMs();
    this.#seenAtMs = new Map(events.map(({ id }) => [id, this.#seenAtMs.get(id) ?? nowMs]));
    this.#say(events);
    const ids = eventsToStart({ events, seenAtMs: this.#seenAtMs, nowMs, isDrained: isDrained(), waitMs });
    if (ids.length === 0) return;
    await service.start(ids, signal);
    log.info({ events: ids, isDrained: isDrained() }, 'agreed that scheduled events begin');
  }

  #say(events: readonly MaintenanceEvent[]): void {
    const why = describeEvents(events);
    if (why === this.why) return;
    this.why = why;
    this.#options.onChange();
  }
}
