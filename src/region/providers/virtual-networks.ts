import { randomBytes } from 'node:crypto';
import { type Cidr, cidrContains, cidrsOverlap, formatCidr } from '../../base/addresses.ts';
import { ArmError, parseBody } from '../arm/errors.ts';
import { weakEtag } from '../arm/etag.ts';
import { sameId } from '../arm/ids.ts';
import type { ResourceProvider } from '../arm/resource-provider.ts';
import type { JsonObject, ResourceView } from '../arm/resource.ts';
import { interfacesInSubnet } from './private-addresses.ts';
import { allocatePublicAddress } from './public-addresses.ts';
import {
  findVirtualNetwork,
  type StoredSubnet,
  type SubnetBody,
  subnetSchema,
  subnetsOf,
  subnetType,
  type VirtualNetworkBody,
  virtualNetworkIdOf,
  virtualNetworkSchema,
  type VirtualNetworkState,
  virtualNetworkType,
} from './virtual-network-model.ts';
import type { RegionWorld } from './world.ts';

export function virtualNetworks({ network, settings }: RegionWorld): ResourceProvider<VirtualNetworkBody, VirtualNetworkState> {
  return {
    type: virtualNetworkType,
    parse({ body, existing }) {
      const { location, tags, properties } = parseBody(virtualNetworkSchema, body);
      const { addressSpace } = properties;
      return { location: location ?? existing?.body.location, tags, properties: { addressSpace } };
    },
    plan({ id, existing, view, request }) {
      const state = existing?.state ?? {
        key: `v${randomBytes(4).toString('hex')}`,
        outboundAddress: allocatePublicAddress(view, settings.addressPool),
      };
      const { subnets: wanted } = parseBody(virtualNetworkSchema, request).properties;
      const gone = wanted === undefined ? [] : subnetsOf(view, id).filter(({ name }) => !hasName(wanted, name));
      for (const subnet of gone) refuseSubnetInUse(subnet, view);
      const children = (wanted ?? []).map((subnet) => ({ id: `${id}/subnets/${subnet.name}`, body: subnet }));
      return { state, children, removedChildren: gone.map((subnet) => subnet.id) };
    },
    provision: async () => network.apply(),
    validateDelete({ id }, view) {
      for (const subnet of subnetsOf(view, id)) refuseSubnetInUse(subnet, view);
    },
    deprovision: async () => network.apply(),
    toWire: (resource, view) => ({
      etag: weakEtag(resource),
      properties: {
        addressSpace: { addressPrefixes: resource.body.properties.addressSpace.addressPrefixes.map(formatCidr) },
        subnets: subnetsOf(view, resource.id).map((subnet) => toNestedSubnet(subnet, view)),
        virtualNetworkPeerings: [],
        enableDdosProtection: false,
      },
    }),
  };
}

export function subnets({ network }: RegionWorld): ResourceProvider<SubnetBody> {
  return {
    type: subnetType,
    parse: ({ body }) => parseBody(subnetSchema, body),
    validate({ id, name, body, existing, view }) {
      const { addressPrefix } = body.properties;
      const parent = findVirtualNetwork(view, virtualNetworkIdOf(id));
      checkInside(name, addressPrefix, parent?.body.properties.addressSpace.addressPrefixes ?? []);
      for (const other of subnetsOf(view, virtualNetworkIdOf(id)))
        if (!sameId(other.id, id) && cidrsOverlap(addressPrefix, other.body.properties.addressPrefix))
          refuseOverlap(name, other.name);
      const hasMoved = existing !== undefined && formatCidr(existing.body.properties.addressPrefix) !== formatCidr(addressPrefix);
      if (hasMoved) refuseSubnetInUse(existing, view, 'InUseSubnetCannotBeUpdated');
    },
    provision: async () => network.apply(),
    validateDelete: (subnet, view) => {
      refuseSubnetInUse(subnet, view);
    },
    deprovision: async () => network.apply(),
    toWire: (subnet, view) => ({ etag: weakEtag(subnet), properties: subnetProperties(subnet, view) }),
  };
}

function hasName(list: readonly { readonly name: string }[], name: string): boolean {
  return list.some((one) => one.name.toLowerCase() === name.toLowerCase());
}

function toNestedSubnet(subnet: StoredSubnet, view: ResourceView): JsonObject {
  const { id, name, provisioningState } = subnet;
  return {
    id,
    name,
    type: subnetType,
    etag: weakEtag(subnet),
    properties: { provisioningState, ...subnetProperties(subnet, view) },
  };
}

function subnetProperties({ id, body }: StoredSubnet, view: ResourceView): JsonObject {
  return {
    addressPrefix: formatCidr(body.properties.addressPrefix),
    ipConfigurations: interfacesInSubnet(view, id).map((ipConfigurationId) => ({ id: ipConfigurationId })),
    delegations: [],
    privateEndpointNetworkPolicies: 'Disabled',
    privateLinkServiceNetworkPolicies: 'Enabled',
  };
}

function checkInside(name: string, prefix: Cidr, space: readonly Cidr[]): void {
  if (prefix.prefixLength > 29)
    throw new ArmError(400, 'NetcfgInvalidSubnet', `Subnet '${name}' is not valid: ${formatCidr(prefix)} is smaller than /29.`);
  if (space.some((outer) => outer.prefixLength <= prefix.prefixLength && cidrContains(outer, prefix.address))) return;
  throw new ArmError(
    400,
    'NetcfgInvalidSubnet',
    `Subnet '${name}' is not valid because its IP address range is outside the IP address range of virtual network.`,
  );
}

function refuseOverlap(name: string, other: string): never {
  throw new ArmError(
    400,
    'NetcfgSubnetRangesOverlap',
    `Subnet '${name}' is not valid because its IP address range overlaps with that of an existing subnet '${other}'.`,
  );
}

function refuseSubnetInUse(subnet: StoredSubnet, view: ResourceView, code = 'InUseSubnetCannotBeDeleted'): void {
  const [user] = interfacesInSubnet(view, subnet.id);
  if (user === undefined) return;
  const verb = code === 'InUseSubnetCannotBeDeleted' ? 'deleted' : 'updated';
  throw new ArmError(400, code, `Subnet ${subnet.name} is in use by ${user} and cannot be ${verb}.`);
}
