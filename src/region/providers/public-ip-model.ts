import { z } from 'zod';
import type { Cidr } from '../../base/addresses.ts';
import type { ResourceBody, ResourceView, StoredResource } from '../arm/resource.ts';
import { trackedMembers } from '../arm/tracked-resource.ts';
import { type Reference, referenceSchema } from './references.ts';
import { unsupported } from './unsupported.ts';

export const publicIpPrefixType = 'Microsoft.Network/publicIPPrefixes';
export const publicIpAddressType = 'Microsoft.Network/publicIPAddresses';

export interface PublicIpPrefixBody extends ResourceBody {
  readonly zones?: readonly string[] | undefined;
  readonly properties: { readonly prefixLength: number };
}

export interface PublicIpPrefixState {
  readonly network: Cidr;
  readonly resourceGuid: string;
  /** A fault of the region: no address is given out as long as it is true. */
  readonly isExhausted?: boolean | undefined;
}

export type StoredPublicIpPrefix = StoredResource<PublicIpPrefixBody, PublicIpPrefixState>;

const sku = z
  .object({
    name: z.literal('Standard', 'only Standard is supported').default('Standard'),
    tier: z.literal('Regional').default('Regional'),
  })
  .optional();
const ipv4 = z.literal('IPv4', 'only IPv4 is supported').default('IPv4');
const zones = z.array(z.string().max(10)).max(3).optional();

export const standardSku = { name: 'Standard', tier: 'Regional' } as const;

export const publicIpPrefixSchema = z.object({
  ...trackedMembers,
  sku,
  zones,
  properties: z.object({
    prefixLength: z.int().min(0).max(32),
    publicIPAddressVersion: ipv4,
    customIPPrefix: unsupported('there are no custom prefixes'),
    natGateway: unsupported('there are no NAT gateways'),
    ipTags: unsupported('public addresses have no IP tags'),
  }),
});

export interface PublicIpAddressBody extends ResourceBody {
  readonly zones?: readonly string[] | undefined;
  readonly properties: {
    readonly publicIPPrefix?: Reference | undefined;
    readonly idleTimeoutInMinutes: number;
  };
}

export interface PublicIpAddressState {
  readonly address: string;
  readonly resourceGuid: string;
}

export type StoredPublicIpAddress = StoredResource<PublicIpAddressBody, PublicIpAddressState>;

export const publicIpAddressSchema = z.object({
  ...trackedMembers,
  sku,
  zones,
  properties: z
    .object({
      publicIPAddressVersion: ipv4,
      publicIPAllocationMethod: z.literal('Static', 'only Static is supported').default('Static'),
      publicIPPrefix: referenceSchema.nullish().transform((prefix) => prefix ?? undefined),
      idleTimeoutInMinutes: z.int().min(4).max(30).default(4),
      dnsSettings: unsupported('public addresses have no names'),
      ipTags: unsupported('public addresses have no IP tags'),
      ddosSettings: unsupported('there is no DDoS protection'),
      natGateway: unsupported('there are no NAT gateways'),
    })
    .prefault({}),
});

export function publicIpPrefixesOf(view: ResourceView): readonly StoredPublicIpPrefix[] {
  return view.list(publicIpPrefixType).filter(isPublicIpPrefix);
}

export function isPublicIpPrefix(resource: StoredResource): resource is StoredPublicIpPrefix {
  return resource.type === publicIpPrefixType;
}

export function findPublicIpPrefix(view: ResourceView, id: string): StoredPublicIpPrefix | undefined {
  const found = view.get(id);
  return found !== undefined && isPublicIpPrefix(found) ? found : undefined;
}

export function publicIpAddressesOf(view: ResourceView): readonly StoredPublicIpAddress[] {
  return view.list(publicIpAddressType).filter(isPublicIpAddress);
}

export function findPublicIpAddress(view: ResourceView, id: string): StoredPublicIpAddress | undefined {
  const found = view.get(id);
  return found !== undefined && isPublicIpAddress(found) ? found : undefined;
}

export function isPublicIpAddress(resource: StoredResource): resource is StoredPublicIpAddress {
  return resource.type === publicIpAddressType;
}
