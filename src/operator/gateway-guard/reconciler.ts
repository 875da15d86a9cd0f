import { gatewayGuardName, systemNamespace } from '../../api/names.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ObjectKey } from '../../kube/object.ts';
import type { ReconcileContext, Reconciler, Result } from '../../kube/reconciler.ts';
import type { Caches } from '../caches.ts';
import { deploymentKind } from '../cluster-kinds.ts';
import { desiredReplicas } from './replicas.ts';

export const gatewayGuardKey = { namespace: systemNamespace, name: gatewayGuardName } as const;

interface Dependencies {
  readonly client: KubeClient;
  readonly caches: Pick<Caches, 'nodes' | 'gatewayGuard'>;
}

/** Keeps one guard for each gateway node. The Deployment is the installer's; without it there are no guards. */
export class GatewayGuardReconciler implements Reconciler {
  readonly #client: KubeClient;
  readonly #caches: Dependencies['caches'];

  constructor({ client, caches }: Dependencies) {
    this.#client = client;
    this.#caches = caches;
  }

  async reconcile(_key: ObjectKey, { signal, log }: ReconcileContext): Promise<Result> {
    const { gatewayGuard, nodes } = this.#caches;
    const replicas = desiredReplicas(gatewayGuard.store.get(gatewayGuardKey), nodes.store.list());
    if (replicas === undefined) return {};
    await this.#client.patch(deploymentKind, gatewayGuardKey, { spec: { replicas } }, { subresource: 'scale', signal });
    log.info({ replicas }, 'as many guards as gateway nodes');
    return {};
  }
}
