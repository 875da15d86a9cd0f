import type { JWK } from 'jose';
import type { Cidr } from '../base/addresses.ts';
import type { Connection } from '../kube/connection.ts';
import type { FeatureSettings } from './feature/feature-settings.ts';
import type { GatewayPoolNames } from './feature/pool-users.ts';
import type { MachineContent } from './machine-content.ts';

/** A managed cluster's data that the cluster room needs. Everything else of the ARM body is the provider's. */
export interface ClusterSpec {
  /** Short, unique, stable: names the control plane's machine and its folder. `[a-z0-9-]{1,30}` */
  readonly key: string;
  /** The cluster's name as the user gave it: names kubeconfig contexts. */
  readonly name: string;
  readonly resourceGroup: string;
  readonly nodeResourceGroup: string;
  readonly location: string;
  /** Of the control plane's port, inside the node subnet. */
  readonly address: string;
  readonly subnet: Cidr;
  /** Where pods have addresses of subnets: the virtual network that holds these. */
  readonly podCidr: Cidr;
  readonly serviceCidr: Cidr;
  readonly dnsServiceAddress: string;
  /** 127.0.0.1:port of the host leads to the API server. */
  readonly apiPort: number;
  /** Static egress gateway is on: new nodes bring its CNI plugin, chained. */
  readonly hasStaticEgressGateway: boolean;
}

/** Static egress gateway as the cluster's owner wants it. */
export type FeatureSpec = { readonly enabled: true; readonly settings: FeatureSettings } | { readonly enabled: false };

export interface NodeSpec {
  readonly name: string;
  readonly address: string;
  readonly podCidr: Cidr;
  /** `azure:///subscriptions/.../virtualMachineScaleSets/NAME/virtualMachines/N` */
  readonly providerId: string;
  readonly vmSize: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `key=value:Effect` */
  readonly taints: readonly string[];
  /** Keys of labels that its pool had once: they go off a node that runs. */
  readonly formerLabels: readonly string[];
  /** The same of taints, in full. */
  readonly formerTaints: readonly string[];
  readonly maxPods: number;
}

export interface ClusterPlatform {
  /** The control plane's machine, to be started by the caller with `machines.start`. */
  controlPlaneContent(cluster: ClusterSpec): Promise<MachineContent>;
  /** Opens the loopback port, waits until the API server is ready, applies the add-ons (CoreDNS, roles). */
  ensureReady(cluster: ClusterSpec, signal: AbortSignal): Promise<void>;
  /**
   * Enabled: brings the images to the nodes and installs static egress gateway, or changes what is installed; `awaitFeature` waits until it
   * runs, which needs nodes. Disabled: takes it out again and resolves when the operator is gone; agents that still guard attached pods
   * go by themselves with the last of these, in the background: after a restart of this process, call it again. Twice is once.
   * Throws `ForeignDefinitions`, `Timeout` that says what is missing.
   */
  ensureFeature(cluster: ClusterSpec, feature: FeatureSpec, signal: AbortSignal): Promise<void>;
  /** Resolves when operator and agents run on every node that is up. Throws `Timeout` that says which do not, and why. */
  awaitFeature(cluster: ClusterSpec, signal: AbortSignal): Promise<void>;
  /** Resolves when the gateway on this node serves what the others of its pool serve. Throws `Timeout` that says what is missing. */
  awaitGateway(cluster: ClusterSpec, nodeName: string, signal: AbortSignal): Promise<void>;
  /** `namespace/name` of the StaticGatewayConfigurations that use the pool. Throws `ApiServerUnreachable` and what the API server answers. */
  gatewayPoolUsers(cluster: ClusterSpec, pool: GatewayPoolNames, signal: AbortSignal): Promise<readonly string[]>;
  nodeContent(cluster: ClusterSpec, node: NodeSpec): Promise<MachineContent>;
  /**
   * Puts the node images on the machine, waits until the Node object is Ready, sets what only a cloud sets (podCIDR), and brings labels
   * and taints of a node that runs to what the pool says now.
   */
  ensureNodeReady(cluster: ClusterSpec, node: NodeSpec, signal: AbortSignal): Promise<void>;
  /** Cordons, evicts what can be evicted (at most `limitMs`), deletes the Node object. */
  removeNode(cluster: ClusterSpec, nodeName: string, limitMs: number): Promise<void>;
  /** Deletes the Node objects of machines that are not among these: they went while the API server was away. */
  retainNodes(cluster: ClusterSpec, nodeNames: readonly string[]): Promise<void>;
  /** The API server as its administrator reaches it. Nothing is sent yet; the caller closes the connection. */
  connect(cluster: ClusterSpec): Promise<Connection>;
  /** YAML, server `https://127.0.0.1:apiPort`. */
  kubeconfig(cluster: ClusterSpec, user: 'user' | 'admin'): Promise<string>;
  /** Public keys that sign service account tokens, as a JWK set: for workload identity. */
  serviceAccountKeys(cluster: ClusterSpec): Promise<readonly JWK[]>;
  /** Closes the loopback port, forgets certificates and keys. The machine is wiped by the caller. */
  remove(cluster: ClusterSpec): Promise<void>;
}
