import type { JWK } from 'jose';
import type { Cidr } from '../base/addresses.ts';
import type { MachineContent } from '../cluster/machine-content.ts';
import type { NetworkState } from './fabric/network-state.ts';

/**
 * The world behind the API, as resource providers see it. Every `ensure` and `remove` is idempotent: twice is once, and a call that
 * was interrupted is simply made again. Errors are SegwError; `retryable` says whether the same call may succeed later.
 */
export interface Platform {
  readonly network: NetworkPlatform;
  readonly machines: MachinePlatform;
  readonly clusters: ClusterPlatform;
}

export interface NetworkPlatform {
  /** Makes the fabric equal to `state`. Calls are serialised; the newest state wins. */
  apply(state: NetworkState): Promise<void>;
}

export interface MachineSpec {
  /** Unique in the region; also the hostname. A Kubernetes node's name. `[a-z0-9-]{1,40}` */
  readonly name: string;
  readonly address: string;
  readonly subnet: Cidr;
  /** Read only when the machine's disk is made (new or re-imaged). */
  readonly content: () => Promise<MachineContent>;
}

export type PowerState = 'running' | 'stopped';

export interface MachinePlatform {
  /** Makes the disk if there is none, and boots unless it runs. The machine's port must be in the applied network state, connected. */
  start(spec: MachineSpec): Promise<void>;
  /** `skipShutdown` pulls the plug: link down first, then process 1 is killed. Otherwise services get SIGTERM before. Disk and port stay. */
  powerOff(name: string, options: { readonly skipShutdown: boolean }): Promise<void>;
  /** Powers off and deletes the disk; the next `start` makes a new one. */
  wipe(name: string): Promise<void>;
  powerState(name: string): Promise<PowerState>;
}

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
  readonly podCidr: Cidr;
  readonly serviceCidr: Cidr;
  readonly dnsServiceAddress: string;
  /** 127.0.0.1:port of the host leads to the API server. */
  readonly apiPort: number;
}

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
}

export interface ClusterPlatform {
  /** The control plane's machine, to be started by the caller with `machines.start`. */
  controlPlaneContent(cluster: ClusterSpec): Promise<MachineContent>;
  /** Opens the loopback port, waits until the API server is ready, applies the add-ons (CoreDNS, roles). */
  ensureReady(cluster: ClusterSpec, signal: AbortSignal): Promise<void>;
  nodeContent(cluster: ClusterSpec, node: NodeSpec): Promise<MachineContent>;
  /** Puts the node images on the machine, waits until the Node object is Ready, sets what only a cloud sets (podCIDR). */
  ensureNodeReady(cluster: ClusterSpec, node: NodeSpec, signal: AbortSignal): Promise<void>;
  /** Cordons, evicts what can be evicted (at most `limitMs`), deletes the Node object. */
  removeNode(cluster: ClusterSpec, nodeName: string, limitMs: number): Promise<void>;
  /** YAML, server `https://127.0.0.1:apiPort`. */
  kubeconfig(cluster: ClusterSpec, user: 'user' | 'admin'): Promise<string>;
  /** Public keys that sign service account tokens, as a JWK set: for workload identity. */
  serviceAccountKeys(cluster: ClusterSpec): Promise<readonly JWK[]>;
  /** Closes the loopback port, forgets certificates and keys. The machine is wiped by the caller. */
  remove(cluster: ClusterSpec): Promise<void>;
}
