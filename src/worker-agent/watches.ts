import { egressWorkerKind, type EgressWorker } from '../api/egress-worker.ts';
import { featureConfigMap, type FeatureData } from '../api/feature.ts';
import { gatewayStatusKind, type GatewayStatus } from '../api/gateway-status.ts';
import { gatewayVmConfigurationKind, type GatewayVmConfiguration } from '../api/gateway-vm-configuration.ts';
import { systemNamespace } from '../api/names.ts';
import { staticGatewayConfigurationKind, type StaticGatewayConfiguration } from '../api/static-gateway-configuration.ts';
import type { Logger } from '../base/log.ts';
import type { KubeClient, Selection } from '../kube/client.ts';
import { configMapKind, type ConfigMap } from '../kube/config-map.ts';
import { startListWatch, type ListWatch } from '../kube/list-watch.ts';
import { parseKey, type KubeObject } from '../kube/object.ts';
import type { ResourceKind } from '../kube/resource.ts';
import { Store } from '../kube/store.ts';
import type { ClusterView } from './cluster-view.ts';
import { nodeKind, podKind, serviceCidrKind, type Node, type Pod, type ServiceCidr } from './kube-kinds.ts';

export interface WatchesOptions {
  readonly client: KubeClient;
  readonly nodeName: string;
  /** Called after every change, the first lists included. */
  readonly onChange: () => void;
  readonly log: Logger;
}

/** Everything that the agent reads from the API server. */
export class Watches {
  readonly #options: WatchesOptions;
  readonly #running: ListWatch[] = [];
  readonly #nodes: Store<Node>;
  readonly #serviceCidrs: Store<ServiceCidr>;
  readonly #configurations: Store<StaticGatewayConfiguration>;
  readonly #vmConfigurations: Store<GatewayVmConfiguration>;
  readonly #gatewayStatuses: Store<GatewayStatus>;
  readonly #workers: Store<EgressWorker>;
  readonly #pods: Store<Pod>;
  readonly #feature: Store<ConfigMap>;
  #isRemoving = false;
  #isSynced = false;
  #isFeatureSynced = false;

  constructor(options: WatchesOptions) {
    this.#options = options;
    const { nodeName } = options;
    this.#nodes = this.#follow(nodeKind);
    this.#serviceCidrs = this.#follow(serviceCidrKind);
    this.#configurations = this.#follow(staticGatewayConfigurationKind);
    this.#vmConfigurations = this.#follow(gatewayVmConfigurationKind);
    this.#gatewayStatuses = this.#follow(gatewayStatusKind, { namespace: systemNamespace });
    this.#workers = this.#follow(egressWorkerKind, {
      namespace: systemNamespace,
      fieldSelector: `metadata.name=${nodeName}`,
    });
    this.#pods = this.#follow(podKind, { fieldSelector: `spec.nodeName=${nodeName}` });
    this.#feature = this.#follow(configMapKind, {
      namespace: systemNamespace,
      fieldSelector: `metadata.name=${featureConfigMap.name}`,
    });
    this.#feature.subscribe(() => this.#takeState());
    void this.#awaitLists();
  }

  /** Whether every kind has been read once. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Whether the feature is being removed; `undefined`: not known yet. */
  get isRemoving(): boolean | undefined {
    return this.#isFeatureSynced ? this.#isRemoving : undefined;
  }

  view(): ClusterView {
    return {
      nodes: this.#nodes.list(),
      serviceCidrs: this.#serviceCidrs.list(),
      configurations: this.#configurations.list(),
      vmConfigurations: this.#vmConfigurations.list(),
      gatewayStatuses: this.#gatewayStatuses.list(),
      worker: this.worker(),
    };
  }

  worker(): EgressWorker | undefined {
    return this.#workers.get({ namespace: systemNamespace, name: this.#options.nodeName });
  }

  /** By `namespace/name`. */
  configuration(key: string): StaticGatewayConfiguration | undefined {
    return this.#configurations.get(parseKey(key));
  }

  pods(): readonly Pod[] {
    return this.#pods.list();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map((watch) => watch.stop()));
  }

  /** Only a word enables the feature again: the ConfigMap goes with its namespace, and its end may be seen before our own. */
  #takeState(): void {
    const data: FeatureData | undefined = this.#feature.get(featureConfigMap)?.data;
    if (data?.state !== undefined) this.#isRemoving = data.state === 'removing';
  }

  #follow<T extends KubeObject>(kind: ResourceKind<T>, selection: Selection = {}): Store<T> {
    const { client, onChange, log } = this.#options;
    const store = new Store<T>();
    const watch = startListWatch({ client, kind, selection, store, log });
    store.subscribe(onChange);
    this.#running.push(watch);
    return store;
  }

  async #awaitLists(): Promise<void> {
    const feature = this.#running.at(-1);
    try {
      await feature?.synced;
      this.#isFeatureSynced = true;
      this.#options.onChange();
      await Promise.all(this.#running.map(({ synced }) => synced));
      this.#isSynced = true;
      this.#options.onChange();
    } catch {
      // Stopped before.
    }
  }
}
