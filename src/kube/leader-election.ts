import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { pause, systemClock, withLimit, type Clock } from './clock.ts';
import type { ObjectKey } from './object.ts';
import { toMicroTime, type Lease, type LeaseSpec, type LeaseStore } from './lease.ts';

export interface LeaderElectionTiming {
  /** Others may take over so long after they saw the last renewal. */
  readonly leaseDurationMs: number;
  /** A leader that could not renew for so long gives up: shorter than the lease, so that it ends before another starts. */
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** A dead leader is replaced after 12 s at most; a stopped one within 2 s. */
export const defaultTiming: LeaderElectionTiming = { leaseDurationMs: 10_000, renewDeadlineMs: 7_000, retryPeriodMs: 2_000 };

export interface LeaderElectionOptions {
  readonly store: LeaseStore;
  readonly key: ObjectKey & { readonly namespace: string };
  /** Unique: the pod's name. */
  readonly identity: string;
  /** The leader's work. Its signal aborts when leadership is lost or the election is stopped; it then has to end soon. */
  readonly lead: (signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
  readonly timing?: LeaderElectionTiming;
  readonly clock?: Clock;
}

export interface LeaderElection {
  isLeading(): boolean;
  /** Ends the leader's work, then hands the lease back, so that another takes over at once. */
  stop(): Promise<void>;
}

/** A lease as we saw it, and since when we see this version (our clock; that of the holder is never compared). */
export interface ObservedLease {
  readonly lease: Lease;
  readonly sinceMs: number;
}

/** May `identity` hold the lease at `nowMs`? Pure. */
export function mayHold(observed: ObservedLease | undefined, identity: string, nowMs: number): boolean {
  const spec = observed?.lease.spec;
  if (observed === undefined || !spec?.holderIdentity || spec.holderIdentity === identity) return true;
  return nowMs >= observed.sinceMs + (spec.leaseDurationSeconds ?? 0) * 1000;
}

/** What to write to hold the lease. Pure. */
export function heldSpec(
  current: LeaseSpec | undefined,
  identity: string,
  { leaseDurationMs }: LeaderElectionTiming,
  now: Date,
): LeaseSpec {
  const isHolder = current?.holderIdentity === identity;
  const time = toMicroTime(now);
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
    acquireTime: isHolder ? (current.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: (current?.leaseTransitions ?? 0) + (isHolder || current === undefined ? 0 : 1),
  };
}

/** Competes for the lease until `stop`, and leads whenever it has it. */
export function startLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const candidate = new Candidate(options);
  const running = candidate.run();
  return {
    isLeading: () => candidate.isLeading,
    stop: async () => {
      candidate.stopping.abort(new Error('the leader election was stopped'));
      await running;
    },
  };
}

class Candidate {
  readonly stopping = new AbortController();
  readonly #options: LeaderElectionOptions;
  readonly #timing: LeaderElectionTiming;
  readonly #clock: Clock;
  readonly #log: Logger;
  #observed: ObservedLease | undefined;
  isLeading = false;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#timing = options.timing ?? defaultTiming;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log.child({ lease: options.key.name, identity: options.identity });
  }

  async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      if (await this.#tryToHold(this.#timing.renewDeadlineMs)) await this.#lead();
      // Also after leading: whoever has just failed lets the others try first.
      await pause(this.#clock, this.#timing.retryPeriodMs * (1 + 0.2 * Math.random()), signal);
    }
  }

  async #lead(): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, lost.signal]);
    this.isLeading = true;
    this.#log.info({}, 'leading');
    const work = this.#work(signal).finally(() => lost.abort(new Error("the leader's work has ended")));
    await this.#renewWhile(signal);
    lost.abort(new Error('leadership was lost'));
    // Somebody else may lead only after our work has ended: so hand the lease back last.
    await work;
    this.isLeading = false;
    this.#log.info({}, 'no longer leading');
    await this.#release();
  }

  async #work(signal: AbortSignal): Promise<void> {
    try {
      await this.#options.lead(signal);
    } catch (error) {
      if (!signal.aborted) this.#log.error({ error: messageOf(error) }, "the leader's work failed");
    }
  }

  /** Renews until `signal` aborts or the deadline passes without success. */
  async #renewWhile(signal: AbortSignal): Promise<void> {
    let deadlineMs = this.#clock.nowMs() + this.#timing.renewDeadlineMs;
    for (;;) {
      await pause(this.#clock, this.#timing.retryPeriodMs, signal);
      const leftMs = deadlineMs - this.#clock.nowMs();
      if (signal.aborted || leftMs <= 0) return;
      if (await this.#tryToHold(leftMs)) deadlineMs = this.#clock.nowMs() + this.#timing.renewDeadlineMs;
      else if (this.#heldByAnother()) return;
    }
  }

  #heldByAnother(): boolean {
    const holder = this.#observed?.lease.spec?.holderIdentity;
    return holder !== undefined && holder !== this.#options.identity;
  }

  /** One attempt to acquire or renew. False: held by another, or the API server does not answer in time. */
  async #tryToHold(limitMs: number): Promise<boolean> {
    const limit = { what: `hold lease ${this.#options.key.name}`, limitMs, signal: this.stopping.signal };
    try {
      return await withLimit(this.#clock, limit, (signal) => this.#hold(signal));
    } catch (error) {
      if (!this.stopping.signal.aborted) this.#log.warn({ error: messageOf(error) }, 'lease not written');
      return false;
    }
  }

  async #hold(signal: AbortSignal): Promise<boolean> {
    const { store, key, identity } = this.#options;
    const found = await store.find({ signal });
    this.#observe(found);
    if (!mayHold(this.#observed, identity, this.#clock.nowMs())) return false;
    const spec = heldSpec(found?.spec, identity, this.#timing, this.#clock.wallTime());
    const written = found
      ? await store.update({ ...found, spec }, { signal })
      : await store.create({ metadata: key, spec }, { signal });
    this.#observe(written);
    return true;
  }

  #observe(lease: Lease | undefined): void {
    if (lease?.metadata.resourceVersion === this.#observed?.lease.metadata.resourceVersion && this.#observed) return;
    this.#observed = lease && { lease, sinceMs: this.#clock.nowMs() };
  }

  async #release(): Promise<void> {
    const limit = { what: 'hand the lease back', limitMs: this.#timing.retryPeriodMs, signal: new AbortController().signal };
    try {
      await withLimit(this.#clock, limit, (signal) => this.#handBack(signal));
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, 'lease not handed back');
    }
  }

  /** Reads first: a renewal that was cut off by the stop may have come through. */
  async #handBack(signal: AbortSignal): Promise<void> {
    const { store, identity } = this.#options;
    const lease = await store.find({ signal });
    if (lease?.spec?.holderIdentity !== identity) return;
    const spec: LeaseSpec = {
      ...lease.spec,
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: toMicroTime(this.#clock.wallTime()),
    };
    this.#observe(await store.update({ ...lease, spec }, { signal }));
  }
}
