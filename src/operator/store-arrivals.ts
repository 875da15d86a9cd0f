import type { Clock } from '../kube/clock.ts';
import { formatKey, keyOf, type KubeObject, type ObjectKey } from '../kube/object.ts';
import type { Store } from '../kube/store.ts';

interface Awaited {
  readonly resourceVersion: string;
  readonly arrived: () => void;
}

/** A write that the store does not show after so long is not waited for: the watch may be interrupted. */
const limitMs = 2000;

/**
 * Waits until a store shows what was just written. A reconcile that ended earlier would run again at once, on the event of its own
 * write, and decide on what was there before it.
 */
export class StoreArrivals<T extends KubeObject, Index extends string> {
  readonly #store: Store<T, Index>;
  readonly #clock: Clock;
  readonly #awaited = new Map<string, Set<Awaited>>();

  constructor(store: Store<T, Index>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    store.subscribe(({ type, object }) => this.#see(keyOf(object), type === 'deleted' ? undefined : object));
  }

  /** Returns when `written` has arrived, or its deletion has, or in 2 s. */
  async wait({ metadata }: KubeObject, signal: AbortSignal): Promise<void> {
    const { resourceVersion, name, namespace } = metadata;
    const key = namespace === undefined ? { name } : { namespace, name };
    if (resourceVersion === undefined || signal.aborted) return;
    if (this.#store.get(key)?.metadata.resourceVersion === resourceVersion) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const awaited: Awaited = { resourceVersion, arrived: resolve };
    const all = this.#awaited.get(formatKey(key)) ?? new Set();
    this.#awaited.set(formatKey(key), all.add(awaited));
    const cancel = this.#clock.schedule(limitMs, resolve);
    signal.addEventListener('abort', awaited.arrived, { once: true });
    await promise;
    signal.removeEventListener('abort', awaited.arrived);
    cancel();
    all.delete(awaited);
    if (all.size === 0) this.#awaited.delete(formatKey(key));
  }

  #see(key: ObjectKey, object: T | undefined): void {
    for (const { resourceVersion, arrived } of this.#awaited.get(formatKey(key)) ?? [])
      if (object === undefined || object.metadata.resourceVersion === resourceVersion) arrived();
  }
}
