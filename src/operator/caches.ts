import { featureConfigMap } from '../api/feature.ts';
import { egressWorkerKind, type EgressWorker } from '../api/egress-worker.ts';
import { gatewayStatusKind, type GatewayStatus } from '../api/gateway-status.ts';
import { gatewayVmConfigurationKind, type GatewayVmConfiguration } from '../api/gateway-vm-configuration.ts';
import { gatewayGuardName, systemNamespace } from '../api/names.ts';
import { staticGatewayConfigurationKind, type StaticGatewayConfiguration } from '../api/static-gateway-configuration.ts';
import type { Logger } from '../base/log.ts';
import type { KubeClient, Selection } from '../kube/client.ts';
import { configMapKind, type ConfigMap } from '../kube/config-map.ts';
import { startListWatch, type ListWatch } from '../kube/list-watch.ts';
import { formatKey, type KubeObject } from '../kube/object.ts';
import type { ResourceKind } from '../kube/resource.ts';
import { Store } from '../kube/store.ts';
import { deploymentKind, nodeKind, type Deployment, type Node } from './cluster-kinds.ts';

/** The objects that the controllers look at, as the API server had them a moment ago. */
export interface Caches {
  /** By brought prefix: the id in lower case. */
  readonly configurations: Cached<StaticGatewayConfiguration, 'prefixId'>;
  /** By node name. */
  readonly vmConfigurations: Cached<GatewayVmConfiguration, 'node'>;
  readonly gatewayStatuses: Cached<GatewayStatus>;
  /** By the key of a configuration that pods of the node use. */
  readonly egressWorkers: Cached<EgressWorker, 'wanted'>;
  readonly nodes: Cached<Node>;
  /** The one ConfigMap by which the product's removal is agreed on (`src/api/feature.ts`). */
  readonly feature: Cached<ConfigMap>;
  /** The one Deployment of the guards. */
  readonly gatewayGuard: Cached<Deployment>;
  stop(): Promise<void>;
}

export interface Cached<T extends KubeObject, Index extends string = never> {
  readonly store: Store<T, Index>;
  readonly synced: Promise<void>;
}

/** Starts to follow all of them. */
export function startCaches(client: KubeClient, log: Logger): Caches {
  const watches: ListWatch[] = [];
  const follow = <T extends KubeObject, Index extends string>(
    kind: ResourceKind<T>,
    store: Store<T, Index>,
    selection: Selection = {},
  ): Cached<T, Index> => {
    const watch = startListWatch({ client, kind, store, selection, log });
    watches.push(watch);
    return { store, synced: watch.synced };
  };
  const inSystem = { namespace: systemNamespace };
  return {
    configurations: follow(staticGatewayConfigurationKind, new Store([['prefixId', broughtPrefixOf]])),
    vmConfigurations: follow(gatewayVmConfigurationKind, new Store([['node', nodesOf]])),
    gatewayStatuses: follow(gatewayStatusKind, new Store<GatewayStatus>(), inSystem),
    egressWorkers: follow(egressWorkerKind, new Store([['wanted', wantedBy]]), inSystem),
    nodes: follow(nodeKind, new Store<Node>()),
    feature: follow(configMapKind, new Store<ConfigMap>(), {
      ...inSystem,
      fieldSelector: `metadata.name=${featureConfigMap.name}`,
    }),
    gatewayGuard: follow(deploymentKind, new Store<Deployment>(), {
      ...inSystem,
      fieldSelector: `metadata.name=${gatewayGuardName}`,
    }),
    stop: async () => {
      await Promise.all(watches.map((watch) => watch.stop()));
    },
  };
}

function broughtPrefixOf({ spec }: StaticGatewayConfiguration): readonly string[] {
  return spec.publicIpPrefixId ? [spec.publicIpPrefixId.toLowerCase()] : [];
}

function nodesOf({ status }: GatewayVmConfiguration): readonly string[] {
  return (status?.gatewayVmProfiles ?? []).map(({ nodeName }) => nodeName);
}

function wantedBy({ status }: EgressWorker): readonly string[] {
  return (status?.wanted ?? []).map(({ namespace, name }) => formatKey({ namespace, name }));
}
