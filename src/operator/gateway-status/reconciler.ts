import { gatewayStatusKind, type GatewayStatus } from '../../api/gateway-status.ts';
import { fieldManagers } from '../../api/names.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ObjectKey } from '../../kube/object.ts';
import type { ReconcileContext, Reconciler, Result } from '../../kube/reconciler.ts';
import type { Holders, LedgerStore } from '../allocation/ledger-store.ts';
import type { Caches } from '../caches.ts';
import { belongsTo, nodeObjectKey } from '../node-object.ts';
import { isGatewayNode } from '../node-role.ts';
import { desiredGatewayStatus, numberHolders } from './desired.ts';

interface Dependencies {
  readonly client: KubeClient;
  readonly caches: Pick<Caches, 'nodes' | 'gatewayStatuses'>;
  readonly numbers: LedgerStore;
}

/**
 * One GatewayStatus for each gateway node, with a number that no other gateway of the cluster has. Keys are names of nodes.
 */
export class GatewayStatusReconciler implements Reconciler {
  readonly #client: KubeClient;
  readonly #caches: Dependencies['caches'];
  readonly #numbers: LedgerStore;

  constructor({ client, caches, numbers }: Dependencies) {
    this.#client = client;
    this.#caches = caches;
    this.#numbers = numbers;
  }

  async reconcile({ name }: ObjectKey, { signal, log }: ReconcileContext): Promise<Result> {
    const node = this.#caches.nodes.store.get({ name });
    const found = this.#caches.gatewayStatuses.store.get(nodeObjectKey(name));
    if (node === undefined || !isGatewayNode(node)) {
      if (found) await this.#remove(found, signal);
      return {};
    }
    if (found && belongsTo(found, node)) return {};
    const number = await this.#numbers.ensure(name, this.#holders(), signal);
    await this.#client.apply(gatewayStatusKind, desiredGatewayStatus(node, number), {
      fieldManager: fieldManagers.operator,
      signal,
    });
    log.info({ number }, 'gateway has its number');
    return {};
  }

  async #remove({ metadata }: GatewayStatus, signal: AbortSignal): Promise<void> {
    await this.#client.delete(gatewayStatusKind, nodeObjectKey(metadata.name), {
      ...(metadata.uid !== undefined && { uid: metadata.uid }),
      signal,
    });
    await this.#numbers.release(this.#holders(), signal);
  }

  #holders(): Holders {
    return numberHolders(this.#caches.nodes.store.list(), this.#caches.gatewayStatuses.store.list());
  }
}
