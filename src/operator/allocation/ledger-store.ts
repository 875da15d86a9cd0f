import { isDeepStrictEqual } from 'node:util';
import { fieldManagers, systemNamespace } from '../../api/names.ts';
import { SegwError } from '../../base/error.ts';
import { KeyedLock } from '../../base/keyed-lock.ts';
import { isError } from '../../kube/api-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { configMapKind, type ConfigMap } from '../../kube/config-map.ts';
import {
  allocateAll,
  formatLedger,
  parseLedger,
  releaseAllBut,
  slotOf,
  withKnown,
  type AllocationRules,
  type Ledger,
} from './ledger.ts';

interface LedgerStoreOptions {
  readonly client: KubeClient;
  /** Of the ConfigMap in the system namespace. */
  readonly name: string;
  readonly rules: AllocationRules;
  readonly clock: Clock;
}

/** Who is alive, and what their objects say they have. */
export interface Holders {
  readonly live: ReadonlySet<string>;
  readonly known: ReadonlyMap<number, string>;
}

/** How often a change is tried again because somebody else was faster. */
const attempts = 5;

/**
 * Slots of nodes, in a ConfigMap. Every change is written with the version that was read, so no slot is given out twice, whatever the
 * caches of two operators say; and since what was given back is written down with its time, a new leader keeps the rest as well.
 */
export class LedgerStore {
  readonly #options: LedgerStoreOptions;
  readonly #lock = new KeyedLock();

  constructor(options: LedgerStoreOptions) {
    this.#options = options;
  }

  /**
   * The slot of `holder`, for as long as it lives. Whoever else lives and has none gets one in the same write: nodes come in groups.
   * Throws `ResourcesExhausted` when all are taken or rest.
   */
  async ensure(holder: string, { live, known }: Holders, signal: AbortSignal): Promise<number> {
    const { rules, name } = this.#options;
    const ledger = await this.#change(signal, (current, now) =>
      allocateAll(releaseAllBut(withKnown(current, known), live, now), [holder, ...live], rules, now),
    );
    const slot = slotOf(ledger, holder);
    if (slot !== undefined) return slot;
    const range = `${String(rules.first)} to ${String(rules.last)}`;
    throw new SegwError('ResourcesExhausted', `${name}: all of ${range} are taken or rest`, { retryable: true });
  }

  /** Gives back what the dead hold. */
  async release({ live, known }: Holders, signal: AbortSignal): Promise<void> {
    await this.#change(signal, (current, now) => releaseAllBut(withKnown(current, known), live, now));
  }

  /** One at a time: two of ours would only get into each other's way. */
  async #change(signal: AbortSignal, change: (current: Ledger, now: Date) => Ledger): Promise<Ledger> {
    return await this.#lock.run(this.#options.name, () => this.#tryChange(signal, change));
  }

  async #tryChange(signal: AbortSignal, change: (current: Ledger, now: Date) => Ledger): Promise<Ledger> {
    const { client, name, clock } = this.#options;
    const key = { namespace: systemNamespace, name };
    for (let attempt = 1; ; attempt += 1) {
      const found = await client.find(configMapKind, key, { signal });
      const current = parseLedger(found?.data);
      const next = change(current, clock.wallTime());
      if (isDeepStrictEqual(current, next)) return next;
      try {
        await this.#write(found ?? { metadata: key }, next, signal);
        return next;
      } catch (error) {
        if (attempt === attempts || !isError(error, 'Conflict', 'AlreadyExists')) throw error;
      }
    }
  }

  async #write(found: ConfigMap, ledger: Ledger, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const options = { fieldManager: fieldManagers.operator, signal };
    const object: ConfigMap = { ...found, data: formatLedger(ledger) };
    if (found.metadata.resourceVersion === undefined) await client.create(configMapKind, object, options);
    else await client.update(configMapKind, object, options);
  }
}
