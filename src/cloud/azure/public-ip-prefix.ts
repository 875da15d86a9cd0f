import type { PublicIPPrefix } from '@azure/arm-network';
import type { OwnPrefixRequest, PublicIpPrefix } from '../cloud-provider.ts';
import { parsePrefixId } from '../prefix-id.ts';
import { configurationUidOf } from '../resource-names.ts';

/** On a prefix of ours. Whatever has our name but not this tag is somebody else's. */
const ownerTag = 'segw-owner';
const owner = 'static-egress-gateway';
const configurationTag = 'segw-configuration';

export function isOurs({ tags }: Pick<PublicIpPrefix, 'tags'>): boolean {
  return tags[ownerTag] === owner;
}

/** `undefined` while the prefix has no addresses yet. */
export function toPublicIpPrefix(prefix: PublicIPPrefix): PublicIpPrefix | undefined {
  const { id, ipPrefix, prefixLength, location = '' } = prefix;
  if (id === undefined || ipPrefix === undefined || prefixLength === undefined) return undefined;
  return {
    id,
    subscriptionId: parsePrefixId(id).subscriptionId,
    location,
    prefixLength,
    cidr: ipPrefix,
    ipVersion: prefix.publicIPAddressVersion ?? 'IPv4',
    sku: prefix.sku?.name ?? 'Standard',
    tags: prefix.tags ?? {},
    uses: (prefix.publicIPAddresses ?? []).map(({ id: resourceId = '' }) => ({
      resourceId,
      configurationUid: configurationUidOf(resourceId.split('/').at(-1) ?? ''),
    })),
  };
}

export function ownPrefixBody({ configurationName, location, prefixLength }: OwnPrefixRequest): PublicIPPrefix {
  return {
    location,
    prefixLength,
    publicIPAddressVersion: 'IPv4',
    sku: { name: 'Standard', tier: 'Regional' },
    tags: { [ownerTag]: owner, [configurationTag]: configurationName },
  };
}
