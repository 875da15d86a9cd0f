import { z } from 'zod';
import type { ResourceBody, ResourceView, StoredResource } from '../../arm/resource.ts';
import { trackedMembers } from '../../arm/tracked-resource.ts';
import { maxIpConfigurations } from '../network-configuration.ts';
import { type Reference, referenceSchema } from '../references.ts';
import { unsupported } from '../unsupported.ts';
import { addressSchema } from '../virtual-network-model.ts';

export const networkInterfaceType = 'Microsoft.Network/networkInterfaces';

export interface InterfaceIpConfiguration {
  readonly name: string;
  readonly properties: {
    readonly primary: boolean;
    readonly subnet: Reference;
    /** Of the allocation method `Static`. */
    readonly privateIPAddress?: string | undefined;
    readonly privateIPAllocationMethod: 'Dynamic' | 'Static';
    readonly publicIPAddress?: Reference | undefined;
    readonly loadBalancerBackendAddressPools: readonly Reference[];
  };
}

export interface NetworkInterfaceBody extends ResourceBody {
  readonly properties: {
    readonly enableIPForwarding: boolean;
    readonly enableAcceleratedNetworking: boolean;
    readonly ipConfigurations: readonly InterfaceIpConfiguration[];
  };
}

export interface NetworkInterfaceState {
  /** Lower case, colons. */
  readonly mac: string;
  readonly resourceGuid: string;
  /** By the IP configuration's name. */
  readonly privateAddresses: Readonly<Record<string, string>>;
}

export type StoredNetworkInterface = StoredResource<NetworkInterfaceBody, NetworkInterfaceState>;

const name = z.string().regex(/^[A-Za-z0-9](?:[\w.-]{0,78}\w)?$/, 'is not a valid name');

const ipConfiguration = z.object({
  name,
  properties: z
    .object({
      primary: z.boolean().nullish(),
      subnet: referenceSchema,
      privateIPAddress: addressSchema.nullish(),
      privateIPAllocationMethod: z.enum(['Dynamic', 'Static']).default('Dynamic'),
      privateIPAddressVersion: z.literal('IPv4', 'only IPv4 is supported').nullish(),
      publicIPAddress: referenceSchema.nullish().transform((reference) => reference ?? undefined),
      loadBalancerBackendAddressPools: z
        .array(referenceSchema)
        .max(100)
        .nullish()
        .transform((pools) => pools ?? []),
    })
    .refine(({ privateIPAllocationMethod, privateIPAddress }) => privateIPAllocationMethod === 'Dynamic' || privateIPAddress, {
      message: 'is required when privateIPAllocationMethod is Static',
      path: ['privateIPAddress'],
    }),
});

/** PUT of an interface: whatever is absent is not there afterwards; read-only members are ignored. */
export const networkInterfaceSchema = z.object({
  ...trackedMembers,
  properties: z.object({
    enableIPForwarding: z.boolean().default(false),
    enableAcceleratedNetworking: z.boolean().default(false),
    networkSecurityGroup: unsupported('there are no network security groups'),
    dnsSettings: unsupported('machines ask the DNS of their virtual network'),
    ipConfigurations: z
      .array(ipConfiguration)
      .min(1)
      .max(maxIpConfigurations)
      .refine((all) => new Set(all.map((one) => one.name.toLowerCase())).size === all.length, 'names must be unique')
      .refine((all) => all.filter(({ properties }) => properties.primary === true).length <= 1, 'only one may be primary')
      .transform((all) => withPrimary(all)),
  }),
});

/** Where nothing says which one is primary, the first is. */
function withPrimary(all: readonly z.infer<typeof ipConfiguration>[]): readonly InterfaceIpConfiguration[] {
  const hasPrimary = all.some(({ properties }) => properties.primary === true);
  return all.map(({ name, properties }, index) => {
    const { primary, subnet, privateIPAddress, privateIPAllocationMethod: method } = properties;
    const { publicIPAddress, loadBalancerBackendAddressPools } = properties;
    return {
      name,
      properties: {
        primary: hasPrimary ? primary === true : index === 0,
        subnet,
        // Clients send the allocated address back: it is no wish unless it is static.
        privateIPAddress: method === 'Static' ? (privateIPAddress ?? undefined) : undefined,
        privateIPAllocationMethod: method,
        publicIPAddress,
        loadBalancerBackendAddressPools,
      },
    };
  });
}

export function networkInterfacesOf(view: ResourceView): readonly StoredNetworkInterface[] {
  return view.list(networkInterfaceType).filter(isNetworkInterface);
}

function isNetworkInterface(resource: StoredResource): resource is StoredNetworkInterface {
  return resource.type === networkInterfaceType;
}
