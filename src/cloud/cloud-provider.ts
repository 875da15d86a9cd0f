import type { GatewayPoolReference } from '../api/gateway-pool.ts';
import type { CloudError } from './cloud-error.ts';

/**
 * What a StaticGatewayConfiguration needs of a cloud. A configuration is known by its uid here: everything that is made for it is
 * called `egressgateway-UID`. Every method may be called any number of times, and again after it was cut off at any point. All throw
 * `CloudError`; the signal's reason when it aborts.
 */
export interface CloudProvider {
  /** The pool, its nodes, and what is on them for configurations; `undefined`: there is no such pool. */
  readPool(reference: GatewayPoolReference, call: CloudCall): Promise<GatewayPool | undefined>;
  /**
   * Makes the pool's model, then every instance, have what `change` asks for: at most one write each, however many configurations.
   * What the change does not name stays. Throws `NotFound` without the pool, and when the model cannot be written: then nothing has
   * changed.
   */
  changePool(reference: GatewayPoolReference, change: PoolChange, call: CloudCall): Promise<PoolChangeResult>;
  /** A public IP prefix by its resource id, brought or own; `undefined`: there is none. Throws `InvalidInput` for what is no id. */
  readPrefix(id: string, call: CloudCall): Promise<PublicIpPrefix | undefined>;
  /** The resource id of the prefix that the configuration has or would have of its own. */
  ownPrefixId(configurationUid: string): string;
  ensureOwnPrefix(request: OwnPrefixRequest, call: CloudCall): Promise<PublicIpPrefix>;
  /** Deletes the configuration's own prefix if there is one. A prefix of that name that is not ours stays. */
  deleteOwnPrefix(configurationUid: string, call: CloudCall): Promise<void>;
}

export interface CloudCall {
  readonly signal: AbortSignal;
}

export interface GatewayPool {
  /** Resource id: the same pool has the same one, however it was asked for. */
  readonly id: string;
  readonly location: string;
  readonly subscriptionId: string;
  /** Size of the public IP prefixes of the pool: 28 to 31. `undefined`: the pool is not in gateway mode. */
  readonly prefixLength: number | undefined;
  /** How many instances it is meant to have. */
  readonly capacity: number;
  /** What new instances get. */
  readonly model: readonly EgressIpConfiguration[];
  readonly instances: readonly GatewayInstance[];
}

/** The secondary IP configuration of a configuration. Without `prefixId` it has no public address. */
export interface EgressIpConfiguration {
  readonly configurationUid: string;
  readonly prefixId?: string | undefined;
}

export interface GatewayInstance {
  readonly id: string;
  readonly nodeName: string;
  /** Of the primary network interface; absent while the instance is being made. */
  readonly primaryAddress: string | undefined;
  /** All private addresses of that interface, ours and others. */
  readonly addressCount: number;
  readonly egress: readonly EgressAddress[];
}

export interface EgressAddress extends EgressIpConfiguration {
  /** Absent until the cloud has assigned it. */
  readonly privateAddress?: string | undefined;
  readonly publicAddress?: string | undefined;
}

export interface PoolChange {
  readonly ensure: readonly WantedIpConfiguration[];
  /** Uids of the configurations that go. */
  readonly remove: readonly string[];
}

export interface WantedIpConfiguration extends EgressIpConfiguration {
  /**
   * How many addresses of the prefix are free or this configuration's own. A model that asks for more than that would block every
   * scale-out of the pool, so it is refused.
   */
  readonly availableAddresses?: number | undefined;
}

export interface PoolChangeResult {
  /** The pool after the change. */
  readonly pool: GatewayPool;
  /** By uid: what was not even tried (`PrefixExhausted`, `NicAddressLimit`). */
  readonly refused: ReadonlyMap<string, CloudError>;
  /** Instances that could not be written; the others were. */
  readonly failures: readonly CloudError[];
}

export interface PublicIpPrefix {
  readonly id: string;
  readonly subscriptionId: string;
  readonly location: string;
  readonly prefixLength: number;
  /** As `198.51.100.0/31`. */
  readonly cidr: string;
  readonly ipVersion: string;
  readonly sku: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Who uses an address of it. */
  readonly uses: readonly AddressUse[];
}

export interface AddressUse {
  readonly resourceId: string;
  /** Set where a configuration uses it. */
  readonly configurationUid: string | undefined;
}

export interface OwnPrefixRequest {
  readonly configurationUid: string;
  /** `NAMESPACE/NAME`: a tag, for people. */
  readonly configurationName: string;
  readonly location: string;
  readonly prefixLength: number;
}

/** How many addresses of `prefix` the configuration could have: those that are free, and those that it has. */
export function availableAddresses({ prefixLength, uses }: PublicIpPrefix, configurationUid: string): number {
  return 2 ** (32 - prefixLength) - uses.filter((use) => use.configurationUid !== configurationUid).length;
}
