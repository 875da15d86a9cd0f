import { egressWorkerKind, type EgressWorker } from '../api/egress-worker.ts';
import { gatewayStatusKind, type GatewayStatus } from '../api/gateway-status.ts';
import { gatewayVmConfigurationKind, type GatewayVmConfiguration } from '../api/gateway-vm-configuration.ts';
import { featureConfigMap } from '../api/feature.ts';
import { systemNamespace } from '../api/names.ts';
import type { Logger } from '../base/log.ts';
import type { KubeClient, Selection } from '../kube/client.ts';
import { configMapKind } from '../kube/config-map.ts';
import { startListWatch, type ListWatch } from '../kube/list-watch.ts';
import type { KubeObject } from '../kube/object.ts';
import type { ResourceKind } from '../kube/resource.ts';
import { Store } from '../kube/store.ts';
import { nodeKind } from './node.ts';

/** What the API server says, as far as a gateway needs it. */
export interface ClusterView {
  /** Whether everything has been read once. Never again false: what was read is kept while the API server is away. */
  readonly isSynced: boolean;
  /** Of the own node. */
  readonly gatewayStatus: GatewayStatus | undefined;
  readonly vmConfigurations: readonly GatewayVmConfiguration[];
  readonly workers: readonly EgressWorker[];
  readonly isRemoving: boolean;
  /** Whether the own node takes no more pods. */
  readonly isCordoned: boolean;
}

interface ClusterViewOptions {
  readonly client: KubeClient;
  readonly nodeName: string;
  /** Called after each change, and when everything has been read. */
  readonly onChange: () => void;
  readonly log: Logger;
}

export interface FollowedCluster extends ClusterView {
  stop(): Promise<void>;
}

/** Follows the objects that decide what a gateway carries. */
export function followCluster({ client, nodeName, onChange, log }: ClusterViewOptions): FollowedCluster {
  const watches: ListWatch[] = [];
  const follow = <T extends KubeObject>(kind: ResourceKind<T>, selection: Selection): Store<T> => {
    const store = new Store<T>();
    watches.push(startListWatch({ client, kind, store, selection, log }));
    store.subscribe(onChange);
    return store;
  };
  const named = (name: string): Selection => ({ fieldSelector: `metadata.name=${name}` });
  const inSystem = { namespace: systemNamespace };
  const gatewayStatuses = follow(gatewayStatusKind, { ...inSystem, ...named(nodeName) });
  const features = follow(configMapKind, { ...inSystem, ...named(featureConfigMap.name) });
  const vmConfigurations = follow(gatewayVmConfigurationKind, {});
  const workers = follow(egressWorkerKind, inSystem);
  const nodes = follow(nodeKind, named(nodeName));
  let isRemoving = false;
  // Only a word enables the feature again: the ConfigMap goes with its namespace, and its end may be seen before our own.
  features.subscribe(() => {
    const state = features.get(featureConfigMap)?.data?.['state'];
    if (state !== undefined) isRemoving = state === 'removing';
  });
  let isSynced = false;
  const afterSync = async (): Promise<void> => {
    await Promise.all(watches.map(({ synced }) => synced));
    isSynced = true;
    onChange();
  };
  // Rejected when it is stopped before.
  afterSync().catch(() => undefined);
  return {
    get isSynced() {
      return isSynced;
    },
    get gatewayStatus() {
      return gatewayStatuses.get({ ...inSystem, name: nodeName });
    },
    get vmConfigurations() {
      return vmConfigurations.list();
    },
    get workers() {
      return workers.list();
    },
    get isRemoving() {
      return isRemoving;
    },
    get isCordoned() {
      return nodes.get({ name: nodeName })?.spec?.unschedulable === true;
    },
    stop: async () => {
      await Promise.all(watches.map((watch) => watch.stop()));
    },
  };
}
