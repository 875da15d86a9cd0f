import type { Logger } from '../../base/log.ts';
import { KubeClient } from '../../kube/client.ts';
import type { Connection } from '../../kube/connection.ts';
import { startController, storeSource } from '../../kube/controller.ts';
import { startEventRecorder } from '../../kube/events.ts';
import { startListWatch } from '../../kube/list-watch.ts';
import { Store } from '../../kube/store.ts';
import type { ClusterCloud } from './cluster-cloud.ts';
import { type Service, serviceKind } from './service.ts';
import { createServiceReconciler } from './service-reconciler.ts';

interface ClusterServicesOptions {
  /** Closed with the rest. */
  readonly connection: Connection;
  readonly cloud: ClusterCloud;
  readonly log: Logger;
}

/** Watches the Services of one cluster and reconciles those of type LoadBalancer. */
export function startClusterServices({ connection, cloud, log }: ClusterServicesOptions): { stop(): Promise<void> } {
  const client = new KubeClient(connection);
  const store = new Store<Service>();
  const events = startEventRecorder({ client, controller: 'service-controller', instance: 'segw-region', log });
  const watch = startListWatch({ client, kind: serviceKind, store, log });
  const controller = startController({
    name: 'service-load-balancers',
    objectName: 'service',
    reconciler: createServiceReconciler({ client, cloud, events }),
    sources: [storeSource(store, watch)],
    log,
  });
  return {
    async stop() {
      await Promise.all([controller.stop(), watch.stop()]);
      await events.stop();
      await connection.close();
    },
  };
}
