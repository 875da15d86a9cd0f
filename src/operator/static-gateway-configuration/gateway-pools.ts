import type { GatewayPoolReference } from '../../api/gateway-pool.ts';
import { CloudError, isCloudError } from '../../cloud/cloud-error.ts';
import type { CloudProvider, GatewayPool, PoolChange, PoolChangeResult } from '../../cloud/cloud-provider.ts';
import { pause, withLimit, type Clock } from '../../kube/clock.ts';

interface GatewayPoolsOptions {
  readonly provider: CloudProvider;
  readonly clock: Clock;
  /** Ends every call. */
  readonly signal: AbortSignal;
  /** A reading serves all configurations of the pool for so long. */
  readonly maxAgeMs: number;
  /** A batch is closed when nothing was added to it for so long, and after ten times as long at the latest. */
  readonly gatherMs?: number;
}

interface Request {
  readonly change: PoolChange;
  readonly resolve: (result: PoolChangeResult) => void;
  readonly reject: (error: unknown) => void;
}

interface PoolState {
  reading: { readonly pool: GatewayPool | undefined; readonly atMs: number } | undefined;
  reads: Promise<GatewayPool | undefined> | undefined;
  pending: Request[];
  isWorking: boolean;
}

const defaultGatherMs = 200;
const callLimitMs = 240_000;

/**
 * The cloud's pools, as many configurations share them: one reading serves all, and changes that come together become one, so that
 * fifty new configurations cost each instance one write.
 */
export class GatewayPools {
  readonly #options: Required<GatewayPoolsOptions>;
  readonly #pools = new Map<string, PoolState>();

  constructor(options: GatewayPoolsOptions) {
    this.#options = { gatherMs: defaultGatherMs, ...options };
  }

  /** The pool as it was at most `maxAgeMs` ago, or after the last change. */
  async read(reference: GatewayPoolReference): Promise<GatewayPool | undefined> {
    const { clock, maxAgeMs } = this.#options;
    const state = this.#stateOf(reference);
    if (state.reading && clock.nowMs() - state.reading.atMs < maxAgeMs) return state.reading.pool;
    state.reads ??= this.#read(reference, state).finally(() => {
      state.reads = undefined;
    });
    return await state.reads;
  }

  /** Changes the pool, together with whatever else is asked for at the same time. Throws as `CloudProvider.changePool` does. */
  async change(reference: GatewayPoolReference, change: PoolChange): Promise<PoolChangeResult> {
    const state = this.#stateOf(reference);
    const { promise, resolve, reject } = Promise.withResolvers<PoolChangeResult>();
    state.pending.push({ change, resolve, reject });
    if (!state.isWorking) void this.#work(reference, state);
    return await promise;
  }

  /** The next look at any pool is a new one. */
  forget(): void {
    for (const state of this.#pools.values()) state.reading = undefined;
  }

  #stateOf(reference: GatewayPoolReference): PoolState {
    const key = JSON.stringify(reference);
    const state = this.#pools.get(key) ?? { reading: undefined, reads: undefined, pending: [], isWorking: false };
    this.#pools.set(key, state);
    return state;
  }

  async #read(reference: GatewayPoolReference, state: PoolState): Promise<GatewayPool | undefined> {
    const { provider, clock } = this.#options;
    const startedMs = clock.nowMs();
    const pool = await this.#limited('read gateway pool', (signal) => provider.readPool(reference, { signal }));
    if (state.reading === undefined || state.reading.atMs < startedMs) state.reading = { pool, atMs: startedMs };
    return pool;
  }

  async #work(reference: GatewayPoolReference, state: PoolState): Promise<void> {
    state.isWorking = true;
    while (state.pending.length > 0) {
      await this.#gather(state);
      const batch = state.pending;
      state.pending = [];
      await this.#apply(reference, state, batch);
    }
    state.isWorking = false;
  }

  async #gather(state: PoolState): Promise<void> {
    const { clock, gatherMs, signal } = this.#options;
    const closesMs = clock.nowMs() + 10 * gatherMs;
    for (let count = 0; count < state.pending.length && clock.nowMs() < closesMs && !signal.aborted;) {
      count = state.pending.length;
      await pause(clock, gatherMs, signal);
    }
  }

  /** One that the cloud refuses must not keep the others from what they need: a refused batch is halved until it is found. */
  async #apply(reference: GatewayPoolReference, state: PoolState, batch: readonly Request[]): Promise<void> {
    const { provider, clock } = this.#options;
    const change = merged(batch);
    try {
      const result = await this.#limited('change gateway pool', (signal) => provider.changePool(reference, change, { signal }));
      state.reading = { pool: result.pool, atMs: clock.nowMs() };
      for (const { resolve } of batch) resolve(result);
    } catch (error) {
      state.reading = undefined;
      if (batch.length > 1 && mayConcernOne(error)) {
        const half = Math.ceil(batch.length / 2);
        await this.#apply(reference, state, batch.slice(0, half));
        await this.#apply(reference, state, batch.slice(half));
      } else for (const { reject } of batch) reject(error);
    }
  }

  async #limited<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, signal } = this.#options;
    return await withLimit(clock, { what, limitMs: callLimitMs, signal }, work);
  }
}

/** What asks last counts: a configuration that is removed is not ensured. */
export function merged(requests: readonly { readonly change: PoolChange }[]): PoolChange {
  const remove = [...new Set(requests.flatMap(({ change }) => change.remove))];
  const ensure = new Map(requests.flatMap(({ change }) => change.ensure.map((one) => [one.configurationUid, one] as const)));
  for (const uid of remove) ensure.delete(uid);
  return { ensure: [...ensure.values()], remove };
}

/** Not what would fail for everybody, now or always. */
function mayConcernOne(error: unknown): boolean {
  return error instanceof CloudError && !error.retryable && !isCloudError(error, 'NotFound');
}
