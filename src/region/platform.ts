import type { Cidr } from '../base/addresses.ts';
import type { ClusterPlatform } from '../cluster/cluster-platform.ts';
import type { MachineContent } from '../cluster/machine-content.ts';
import type { NetworkState } from './fabric/network-state.ts';
import type { ProbeTarget } from './load-balancer-probes/desired-probes.ts';

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
  /** One question of a load balancer's health probe, asked from Azure's own address inside the network: whether it was answered in time. */
  probe(target: ProbeTarget, signal: AbortSignal): Promise<boolean>;
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
