import type { ResourceView, StoredResource } from '../../src/region/arm/resource.ts';
import type { InterfaceConfiguration } from '../../src/region/providers/network-configuration.ts';
import type { StoredPublicIpPrefix } from '../../src/region/providers/public-ip-model.ts';
import type { InstanceState, StoredInstance, StoredScaleSet } from '../../src/region/providers/scale-set-model.ts';
import type { StoredSubnet, StoredVirtualNetwork } from '../../src/region/providers/virtual-network-model.ts';

export const exampleGroup = '/subscriptions/s/resourceGroups/g';
export const exampleSetId = `${exampleGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/set`;
export const exampleNetworkId = `${exampleGroup}/providers/Microsoft.Network/virtualNetworks/net`;
export const exampleSubnetId = `${exampleNetworkId}/subnets/nodes`;

const common = { etag: 'e', provisioningState: 'Succeeded' } as const;

export function exampleScaleSet(options: {
  readonly capacity: number;
  readonly nextInstanceId?: number;
  readonly pendingInstanceIds?: readonly string[];
}): StoredScaleSet {
  return {
    ...common,
    id: exampleSetId,
    type: 'Microsoft.Compute/virtualMachineScaleSets',
    name: 'set',
    body: {
      location: 'local',
      sku: { name: 'Standard_D2s_v5', tier: 'Standard', capacity: options.capacity },
      properties: {
        upgradePolicy: { mode: 'Manual' },
        singlePlacementGroup: true,
        virtualMachineProfile: {
          osProfile: { computerNamePrefix: 'set' },
          networkProfile: { networkInterfaceConfigurations: [exampleInterface()] },
          extensionProfile: { extensions: [] },
        },
      },
    },
    state: { uniqueId: 'u', nextInstanceId: options.nextInstanceId ?? 0, pendingInstanceIds: options.pendingInstanceIds ?? [] },
  };
}

/** An interface of which the first configuration is the primary one; `prefixes`: one more configuration per prefix id. */
export function exampleInterface(prefixes: Readonly<Record<string, string>> = {}): InterfaceConfiguration {
  const properties = {
    privateIPAddressVersion: 'IPv4',
    subnet: { id: exampleSubnetId },
    publicIPAddressConfiguration: undefined,
    loadBalancerBackendAddressPools: [],
  } as const;
  return {
    name: 'nic',
    properties: {
      primary: true,
      enableIPForwarding: false,
      enableAcceleratedNetworking: false,
      networkSecurityGroup: undefined,
      ipConfigurations: [
        { name: 'ipconfig1', properties: { ...properties, loadBalancerBackendAddressPools: [], primary: true } },
        ...Object.entries(prefixes).map(([name, id]) => ({
          name,
          properties: {
            ...properties,
            loadBalancerBackendAddressPools: [],
            primary: false,
            publicIPAddressConfiguration: { name, properties: { publicIPPrefix: { id } } },
          },
        })),
      ],
    },
  };
}

export function exampleInstance(
  name: string,
  options: { readonly provisioningState?: StoredInstance['provisioningState']; readonly state?: Partial<InstanceState> } = {},
): StoredInstance {
  return {
    ...common,
    provisioningState: options.provisioningState ?? 'Succeeded',
    id: `${exampleSetId}/virtualMachines/${name}`,
    type: 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines',
    name,
    body: {
      location: 'local',
      sku: { name: 'Standard_D2s_v5', tier: 'Standard' },
      properties: { networkProfileConfiguration: { networkInterfaceConfigurations: [exampleInterface()] } },
    },
    state: { vmId: 'v', computerName: `set00000${name}`, power: 'running', interfaces: [], hasJoined: true, ...options.state },
  };
}

export function exampleNetwork(): readonly [StoredVirtualNetwork, StoredSubnet] {
  const cidr = (address: string, prefixLength: number): { address: string; prefixLength: number } => ({ address, prefixLength });
  return [
    {
      ...common,
      id: exampleNetworkId,
      type: 'Microsoft.Network/virtualNetworks',
      name: 'net',
      body: { location: 'local', properties: { addressSpace: { addressPrefixes: [cidr('10.224.0.0', 12)] } } },
      state: { key: 'v1', outboundAddress: '198.51.100.1' },
    },
    {
      ...common,
      id: exampleSubnetId,
      type: 'Microsoft.Network/virtualNetworks/subnets',
      name: 'nodes',
      body: { properties: { addressPrefix: cidr('10.224.0.0', 28) } },
      state: {},
    },
  ];
}

export function examplePrefix(name: string, address: string, prefixLength: number): StoredPublicIpPrefix {
  return {
    ...common,
    id: `${exampleGroup}/providers/Microsoft.Network/publicIPPrefixes/${name}`,
    type: 'Microsoft.Network/publicIPPrefixes',
    name,
    body: { location: 'local', properties: { prefixLength } },
    state: { network: { address, prefixLength }, resourceGuid: 'r' },
  };
}

/** A view of exactly these resources. */
export function viewOf(resources: readonly StoredResource[]): ResourceView {
  const key = (id: string): string => id.toLowerCase();
  return {
    get: (id) => resources.find((one) => key(one.id) === key(id)),
    list: (type, under) =>
      resources.filter((one) => key(one.type) === key(type) && (under === undefined || key(one.id).startsWith(`${key(under)}/`))),
  };
}
