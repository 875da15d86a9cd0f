import { isDeepStrictEqual } from 'node:util';
import { egressWorkerKind, type EgressWorker } from '../../api/egress-worker.ts';
import { fieldManagers } from '../../api/names.ts';
import type { Cidr } from '../../base/addresses.ts';
import { blockAt } from '../../dataplane/labels.ts';
import type { DataplaneSettings } from '../../dataplane/settings.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { isBeingDeleted } from '../../kube/finalizers.ts';
import type { ObjectKey } from '../../kube/object.ts';
import type { ReconcileContext, Reconciler, Result } from '../../kube/reconciler.ts';
import type { Holders, LedgerStore } from '../allocation/ledger-store.ts';
import type { Caches } from '../caches.ts';
import { belongsTo, nodeObjectKey } from '../node-object.ts';
import type { Node } from '../cluster-kinds.ts';
import { isLinuxNode } from '../node-role.ts';
import { blockHolders, blockOf, desiredEgressWorker, unusedSinceOf } from './desired.ts';
import { desiredLabels, type DesiredLabels } from './labels.ts';

interface Dependencies {
  readonly client: KubeClient;
  readonly caches: Pick<Caches, 'nodes' | 'egressWorkers' | 'configurations'>;
  readonly blocks: LedgerStore;
  readonly settings: DataplaneSettings;
  readonly clock: Clock;
}

/**
 * One EgressWorker for each Linux node: its block of label addresses, and a label for each configuration that its pods use. Keys are
 * names of nodes.
 */
export class EgressWorkerReconciler implements Reconciler {
  readonly #deps: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  async reconcile({ name }: ObjectKey, { signal, log }: ReconcileContext): Promise<Result> {
    const { client, caches } = this.#deps;
    const node = caches.nodes.store.get({ name });
    const found = caches.egressWorkers.store.get(nodeObjectKey(name));
    if (node === undefined || !isLinuxNode(node)) {
      if (found) await this.#remove(found, signal);
      return {};
    }
    const block = await this.#blockOf(name, found, signal);
    const labels = this.#labels(block, found);
    if (labels.withoutLabel.length > 0) log.warn({ configurations: labels.withoutLabel }, 'no label is free');
    if (!isUpToDate(found, node, labels)) {
      const desired = desiredEgressWorker(node, { block, resourceVersion: found?.metadata.resourceVersion }, labels);
      await client.apply(egressWorkerKind, desired, { fieldManager: fieldManagers.operator, signal });
    }
    return labels.nextChangeMs === undefined ? {} : { requeueAfterMs: labels.nextChangeMs };
  }

  #labels(block: Cidr, found: EgressWorker | undefined): DesiredLabels {
    return desiredLabels({
      block,
      current: found?.spec.labels ?? [],
      unusedSince: found ? unusedSinceOf(found) : {},
      wanted: found?.status?.wanted ?? [],
      uidOf: (configuration) => this.#uidOf(configuration),
      now: this.#deps.clock.wallTime(),
    });
  }

  async #blockOf(name: string, found: EgressWorker | undefined, signal: AbortSignal): Promise<Cidr> {
    if (found) return blockOf(found.spec.labelBlock);
    const slot = await this.#deps.blocks.ensure(name, this.#holders(), signal);
    return blockAt(this.#deps.settings, slot);
  }

  #uidOf(key: ObjectKey): string | undefined {
    const configuration = this.#deps.caches.configurations.store.get(key);
    return configuration === undefined || isBeingDeleted(configuration) ? undefined : configuration.metadata.uid;
  }

  async #remove({ metadata }: EgressWorker, signal: AbortSignal): Promise<void> {
    await this.#deps.client.delete(egressWorkerKind, nodeObjectKey(metadata.name), {
      ...(metadata.uid !== undefined && { uid: metadata.uid }),
      signal,
    });
    await this.#deps.blocks.release(this.#holders(), signal);
  }

  #holders(): Holders {
    const { caches, settings } = this.#deps;
    return blockHolders(caches.nodes.store.list(), caches.egressWorkers.store.list(), settings);
  }
}

function isUpToDate(found: EgressWorker | undefined, node: Node, { labels, unusedSince }: DesiredLabels): boolean {
  if (found === undefined || !belongsTo(found, node)) return false;
  return isDeepStrictEqual(found.spec.labels ?? [], labels) && isDeepStrictEqual(unusedSinceOf(found), unusedSince);
}
