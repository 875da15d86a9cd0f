import { z } from 'zod';
import { type Cidr, parseAddress, parseCidr } from '../../base/addresses.ts';
import { ancestorId } from '../arm/ids.ts';
import type { ResourceBody, ResourceView, StoredResource } from '../arm/resource.ts';
import { trackedMembers } from '../arm/tracked-resource.ts';
import { unsupported } from './unsupported.ts';

export const virtualNetworkType = 'Microsoft.Network/virtualNetworks';
export const subnetType = 'Microsoft.Network/virtualNetworks/subnets';

export const cidrSchema = z.string().transform((text, context) => {
  try {
    return parseCidr(text, 'network');
  } catch {
    context.addIssue(`"${text.slice(0, 50)}" is not an IPv4 network; expected the form 10.0.0.0/8`);
    return z.NEVER;
  }
});

export const addressSchema = z.string().transform((text, context) => {
  try {
    return parseAddress(text, 'address');
  } catch {
    context.addIssue(`"${text.slice(0, 50)}" is not an IPv4 address`);
    return z.NEVER;
  }
});

export interface SubnetBody extends ResourceBody {
  readonly properties: { readonly addressPrefix: Cidr };
}

export type StoredSubnet = StoredResource<SubnetBody>;

export const subnetSchema = z.object({
  properties: z
    .object({
      addressPrefix: cidrSchema.optional(),
      addressPrefixes: z.array(cidrSchema).max(1, 'only one is supported').optional(),
      networkSecurityGroup: unsupported('there are no network security groups'),
      routeTable: unsupported('there are no route tables'),
      natGateway: unsupported('there are no NAT gateways'),
      serviceEndpoints: unsupported('there are no service endpoints'),
      delegations: unsupported('there are no services to delegate to'),
    })
    .transform(({ addressPrefix, addressPrefixes }, context) => {
      const chosen = addressPrefix ?? addressPrefixes?.[0];
      if (chosen !== undefined) return { addressPrefix: chosen };
      context.addIssue({ code: 'custom', message: 'is required', path: ['addressPrefix'] });
      return z.NEVER;
    }),
});

export interface VirtualNetworkBody extends ResourceBody {
  readonly properties: { readonly addressSpace: { readonly addressPrefixes: readonly Cidr[] } };
}

export interface VirtualNetworkState {
  /** Names the router in the fabric. */
  readonly key: string;
  /** Machines of this network that have no other way out leave by this public address. */
  readonly outboundAddress: string;
}

export type StoredVirtualNetwork = StoredResource<VirtualNetworkBody, VirtualNetworkState>;

export const virtualNetworkSchema = z.object({
  ...trackedMembers,
  properties: z.object({
    addressSpace: z.object({ addressPrefixes: z.array(cidrSchema).min(1).max(16) }),
    dhcpOptions: unsupported('machines ask the DNS of their virtual network'),
    virtualNetworkPeerings: unsupported('virtual networks reach each other through public addresses only'),
    enableDdosProtection: unsupported('there is no DDoS protection'),
    ddosProtectionPlan: unsupported('there is no DDoS protection'),
    encryption: unsupported('virtual networks are not encrypted'),
    /** Absent: as before. Each is read again by its own type. */
    subnets: z
      .array(z.looseObject({ name: z.string().min(1).max(80) }))
      .max(256)
      .optional(),
  }),
});

export function virtualNetworksOf(view: ResourceView): readonly StoredVirtualNetwork[] {
  return view.list(virtualNetworkType).filter(isVirtualNetwork);
}

export function findVirtualNetwork(view: ResourceView, id: string): StoredVirtualNetwork | undefined {
  const found = view.get(id);
  return found !== undefined && isVirtualNetwork(found) ? found : undefined;
}

function isVirtualNetwork(resource: StoredResource): resource is StoredVirtualNetwork {
  return resource.type === virtualNetworkType;
}

export function subnetsOf(view: ResourceView, virtualNetworkId: string): readonly StoredSubnet[] {
  return view.list(subnetType, virtualNetworkId).filter(isSubnet);
}

export function findSubnet(view: ResourceView, id: string): StoredSubnet | undefined {
  const found = view.get(id);
  return found !== undefined && isSubnet(found) ? found : undefined;
}

export function isSubnet(resource: StoredResource): resource is StoredSubnet {
  return resource.type === subnetType;
}

export function virtualNetworkIdOf(subnetId: string): string {
  return ancestorId(subnetId.replace(/\/+$/, ''));
}
