import { CloudError } from './cloud-error.ts';
import type {
  EgressAddress,
  EgressIpConfiguration,
  GatewayInstance,
  GatewayPool,
  PoolChange,
  WantedIpConfiguration,
} from './cloud-provider.ts';

/** Private addresses that a network interface may have (Azure's limit). */
export const nicAddressLimit = 256;

export interface PoolChangePlan {
  /** Every IP configuration of ours that the pool is to have. */
  readonly desired: readonly EgressIpConfiguration[];
  readonly writesModel: boolean;
  /** The instances that are to be written. */
  readonly instances: readonly GatewayInstance[];
  readonly refused: ReadonlyMap<string, CloudError>;
}

/** Decides what a change means for the pool as it is. Pure. */
export function planPoolChange(pool: GatewayPool, change: PoolChange): PoolChangePlan {
  const removed = new Set(change.remove);
  const kept = pool.model.filter(({ configurationUid }) => !removed.has(configurationUid));
  const known = new Set(kept.map(({ configurationUid }) => configurationUid));
  const { accepted, refused } = admit(pool, { kept, wanted: change.ensure.filter((one) => !removed.has(one.configurationUid)) });
  const replaced = new Map(accepted.map((one) => [one.configurationUid, one]));
  const desired = [
    ...kept.map((one) => replaced.get(one.configurationUid) ?? one),
    ...accepted.filter(({ configurationUid }) => !known.has(configurationUid)),
  ];
  return {
    desired,
    writesModel: !sameConfigurations(pool.model, desired),
    // One that has no address yet is being made, and gets the model.
    instances: pool.instances.filter((instance) => instance.primaryAddress !== undefined && !hasAll(instance, desired)),
    refused,
  };
}

/** Whether model and instances have the configuration, with addresses, and out of this prefix. */
export function isInPlace(pool: GatewayPool, wanted: EgressIpConfiguration): boolean {
  return (
    pool.model.some((one) => isSame(one, wanted)) &&
    pool.instances.every(({ egress }) => egress.some((one) => serves(one, wanted)))
  );
}

/** Whether anything of the configuration is on the pool. */
export function isOnPool(pool: GatewayPool, configurationUid: string): boolean {
  const isIts = (one: EgressIpConfiguration): boolean => one.configurationUid === configurationUid;
  return pool.model.some(isIts) || pool.instances.some(({ egress }) => egress.some(isIts));
}

interface Admission {
  readonly accepted: readonly EgressIpConfiguration[];
  readonly refused: ReadonlyMap<string, CloudError>;
}

/** First come, first served: what the interface has no room for is refused, and what the prefix has too few addresses for. */
function admit(
  pool: GatewayPool,
  { kept, wanted }: { readonly kept: readonly EgressIpConfiguration[]; readonly wanted: readonly WantedIpConfiguration[] },
): Admission {
  const accepted: EgressIpConfiguration[] = [];
  const refused = new Map<string, CloudError>();
  const present = new Set(kept.map(({ configurationUid }) => configurationUid));
  let room = nicAddressLimit - othersOn(pool) - kept.length;
  for (const { configurationUid, prefixId, availableAddresses } of wanted) {
    const isNew = !present.has(configurationUid);
    if (availableAddresses !== undefined && availableAddresses < neededAddresses(pool))
      refused.set(configurationUid, exhausted(pool, prefixId ?? '', availableAddresses));
    else if (isNew && room <= 0) refused.set(configurationUid, noRoom(pool));
    else {
      accepted.push({ configurationUid, prefixId });
      present.add(configurationUid);
      if (isNew) room -= 1;
    }
  }
  return { accepted, refused };
}

/** One for each instance: those that are there, and those that are to come. */
export function neededAddresses({ capacity, instances }: GatewayPool): number {
  return Math.max(capacity, instances.length);
}

/** Addresses on the fullest interface that are not ours; one at least, the node's own. */
function othersOn({ instances }: GatewayPool): number {
  return Math.max(1, ...instances.map(({ addressCount, egress }) => addressCount - egress.length));
}

function exhausted(pool: GatewayPool, prefixId: string, available: number): CloudError {
  return new CloudError({
    what: `add an IP configuration to ${pool.id}`,
    code: 'PrefixExhausted',
    serviceCode: 'PrefixExhausted',
    serviceMessage: `prefix ${prefixId} has ${String(available)} addresses to give, the pool needs ${String(neededAddresses(pool))}`,
  });
}

function noRoom(pool: GatewayPool): CloudError {
  return new CloudError({
    what: `add an IP configuration to ${pool.id}`,
    code: 'NicAddressLimit',
    serviceCode: 'NicAddressLimit',
    serviceMessage: `the network interfaces have all the ${String(nicAddressLimit)} private addresses that are allowed`,
  });
}

function hasAll({ egress }: GatewayInstance, desired: readonly EgressIpConfiguration[]): boolean {
  return egress.length === desired.length && desired.every((wanted) => egress.some((one) => serves(one, wanted)));
}

/** It is not enough that the instance was told: what failed half-way has the configuration, but no addresses. */
function serves(one: EgressAddress, wanted: EgressIpConfiguration): boolean {
  return (
    isSame(one, wanted) && one.privateAddress !== undefined && (wanted.prefixId === undefined || one.publicAddress !== undefined)
  );
}

export function sameConfigurations(a: readonly EgressIpConfiguration[], b: readonly EgressIpConfiguration[]): boolean {
  return a.length === b.length && b.every((wanted) => a.some((one) => isSame(one, wanted)));
}

/** Resource ids are compared without regard to case. */
function isSame(a: EgressIpConfiguration, b: EgressIpConfiguration): boolean {
  return a.configurationUid === b.configurationUid && a.prefixId?.toLowerCase() === b.prefixId?.toLowerCase();
}
