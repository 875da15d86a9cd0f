import { gatewayPoolOf, type GatewayPoolReference } from '../../api/gateway-pool.ts';
import type { StaticGatewayConfiguration, StaticGatewayConfigurationSpec } from '../../api/static-gateway-configuration.ts';
import { availableAddresses, type GatewayPool, type PublicIpPrefix } from '../../cloud/cloud-provider.ts';
import { neededAddresses } from '../../cloud/pool-change.ts';
import { parsePrefixId } from '../../cloud/prefix-id.ts';
import type { Finding } from './finding.ts';

/** Who may use a brought prefix: everybody who can name it, or the namespaces in its tag. */
export type ByoPrefixes = 'any' | 'tagged';

/** On a brought prefix: the namespaces that may use it, separated by commas. */
export const namespacesTag = 'segw-namespaces';

/** The pool that a sound specification names; a finding for any other. */
export function checkSpecification(spec: StaticGatewayConfigurationSpec): GatewayPoolReference | Finding {
  const reference = gatewayPoolOf(spec);
  if (reference === undefined) return invalid('exactly one of gatewayNodepoolName and gatewayVmssProfile is needed');
  if (!spec.provisionPublicIps && spec.publicIpPrefixId)
    return invalid('publicIpPrefixId cannot be used with provisionPublicIps: false; remove one of the two');
  return reference;
}

function invalid(message: string): Finding {
  return { reason: 'InvalidSpecification', message };
}

/** The pool in gateway mode, with the size of its prefixes; a finding for any other. */
export function checkPool(
  pool: GatewayPool | undefined,
  reference: GatewayPoolReference,
): (GatewayPool & { readonly prefixLength: number }) | Finding {
  const name =
    reference.by === 'nodepoolName' ? `gateway node pool "${reference.nodepoolName}"` : `scale set "${reference.name}"`;
  if (pool === undefined)
    return {
      reason: 'GatewayPoolNotFound',
      message: `There is no ${name}. Check the name, or add it: it is found within a minute.`,
    };
  const { prefixLength } = pool;
  if (prefixLength !== undefined) return { ...pool, prefixLength };
  return {
    reason: 'NotAGatewayPool',
    message: `The ${name} is not in gateway mode. Name a pool that was added with --mode gateway.`,
  };
}

/** The brought prefix lies where the pool does. Looked at before it is read: we can read our own subscription only. */
export function checkPrefixSubscription(prefixId: string, pool: GatewayPool): Finding | undefined {
  const { subscriptionId } = parsePrefixId(prefixId);
  if (subscriptionId.toLowerCase() === pool.subscriptionId.toLowerCase()) return undefined;
  return {
    reason: 'PrefixSubscriptionMismatch',
    message: `Prefix ${prefixId} lies in subscription ${subscriptionId}, the pool in ${pool.subscriptionId}. Bring a prefix of that subscription.`,
  };
}

interface BroughtPrefix {
  readonly prefixId: string;
  /** As the cloud has it. */
  readonly prefix: PublicIpPrefix | undefined;
  readonly pool: GatewayPool & { readonly prefixLength: number };
  readonly configuration: StaticGatewayConfiguration;
  readonly byoPrefixes: ByoPrefixes;
}

/** Whether the configuration can use the prefix that it brings. */
export function checkPrefix({ prefixId, prefix, pool, configuration, byoPrefixes }: BroughtPrefix): Finding | undefined {
  if (prefix === undefined)
    return {
      reason: 'PrefixNotFound',
      message: `There is no public IP prefix ${prefixId}. Check the id; once it exists it is found.`,
    };
  return (
    checkSharing(prefix, configuration, byoPrefixes) ??
    checkPlace(prefix, pool) ??
    checkFreeAddresses(prefix, pool, configuration.metadata.uid ?? '')
  );
}

function checkSharing(
  prefix: PublicIpPrefix,
  { metadata }: StaticGatewayConfiguration,
  byoPrefixes: ByoPrefixes,
): Finding | undefined {
  if (byoPrefixes === 'any') return undefined;
  const namespaces = (prefix.tags[namespacesTag] ?? '').split(',').map((namespace) => namespace.trim());
  if (namespaces.includes(metadata.namespace ?? '')) return undefined;
  return {
    reason: 'PrefixNotShared',
    message: `Prefix ${prefix.id} may not be used from namespace ${metadata.namespace ?? ''}. Add it to the prefix's tag ${namespacesTag}.`,
  };
}

function checkPlace(prefix: PublicIpPrefix, pool: GatewayPool & { readonly prefixLength: number }): Finding | undefined {
  if (prefix.ipVersion !== 'IPv4' || !prefix.sku.startsWith('Standard'))
    return {
      reason: 'PrefixUnsuitable',
      message: `Prefix ${prefix.id} is ${prefix.ipVersion} of SKU ${prefix.sku}. Bring an IPv4 prefix of SKU Standard.`,
    };
  if (normalLocation(prefix.location) !== normalLocation(pool.location))
    return {
      reason: 'PrefixRegionMismatch',
      message: `Prefix ${prefix.id} lies in ${prefix.location}, the pool in ${pool.location}. Bring a prefix of that region.`,
    };
  if (prefix.prefixLength !== pool.prefixLength)
    return {
      reason: 'PrefixSizeMismatch',
      message: `Prefix ${prefix.id} has size /${String(prefix.prefixLength)}, the pool needs /${String(pool.prefixLength)}. Bring a prefix of that size.`,
    };
  return undefined;
}

/** `West Europe` and `westeurope` are the same. */
function normalLocation(location: string): string {
  return location.toLowerCase().replaceAll(' ', '');
}

function checkFreeAddresses(prefix: PublicIpPrefix, pool: GatewayPool, configurationUid: string): Finding | undefined {
  const available = availableAddresses(prefix, configurationUid);
  const needed = neededAddresses(pool);
  if (available >= needed) return undefined;
  return {
    reason: 'PrefixExhausted',
    message: `Prefix ${prefix.id} has ${String(available)} addresses to give, the pool needs ${String(needed)}. Free addresses of it, or scale the pool in.`,
  };
}

/**
 * The configuration that owns a brought prefix among those that name it: the oldest. `undefined`: `configuration` itself. One that is
 * being deleted holds it until it is gone.
 */
export function otherOwner(
  configuration: StaticGatewayConfiguration,
  sharers: readonly StaticGatewayConfiguration[],
): StaticGatewayConfiguration | undefined {
  const [owner] = [...sharers, configuration].sort(byAge);
  return owner?.metadata.uid === configuration.metadata.uid ? undefined : owner;
}

function byAge({ metadata: a }: StaticGatewayConfiguration, { metadata: b }: StaticGatewayConfiguration): number {
  const [ageA, ageB] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
  if (ageA !== ageB) return ageA < ageB ? -1 : 1;
  return (a.uid ?? '') < (b.uid ?? '') ? -1 : 1;
}

export function isFinding(value: object): value is Finding {
  return 'reason' in value && 'message' in value;
}
