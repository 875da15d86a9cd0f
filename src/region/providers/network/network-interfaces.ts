import { randomUUID } from 'node:crypto';
import { ArmError, parseBody } from '../../arm/errors.ts';
import { weakEtag } from '../../arm/etag.ts';
import { idKey } from '../../arm/ids.ts';
import type { ParsedPut, ResourceProvider } from '../../arm/resource-provider.ts';
import { plainJson } from '../../arm/json.ts';
import { newMacAddress, privateAddressSource, requirePrivateAddress, toWireMac } from '../private-addresses.ts';
import { requireReference } from '../references.ts';
import { isSubnet, virtualNetworkIdOf } from '../virtual-network-model.ts';
import { requireBackendPool } from './backend-pool-reference.ts';
import {
  type InterfaceIpConfiguration,
  type NetworkInterfaceBody,
  networkInterfaceSchema,
  type NetworkInterfaceState,
  networkInterfaceType,
  type StoredNetworkInterface,
} from './network-interface-model.ts';
import { requireFreePublicAddress } from './public-address-users.ts';

type InterfacePut = ParsedPut<NetworkInterfaceBody, NetworkInterfaceState>;

/**
 * Network interfaces of their own. There are no virtual machines outside of scale sets in this region, so they are attached to nothing:
 * they hold their addresses and their places in pools, and no packet reaches them.
 */
export const networkInterfaces: ResourceProvider<NetworkInterfaceBody, NetworkInterfaceState> = {
  type: networkInterfaceType,
  parse({ body, existing }) {
    const { location, tags, properties } = parseBody(networkInterfaceSchema, body);
    const { enableIPForwarding, enableAcceleratedNetworking, ipConfigurations } = properties;
    return {
      location: location ?? existing?.body.location,
      tags,
      properties: { enableIPForwarding, enableAcceleratedNetworking, ipConfigurations },
    };
  },
  validate: checkReferences,
  plan: (put) => ({
    state: {
      mac: put.existing?.state.mac ?? newMacAddress(put.view),
      resourceGuid: put.existing?.state.resourceGuid ?? randomUUID(),
      privateAddresses: allocatePrivateAddresses(put),
    },
  }),
  toWire: (nic) => {
    const { body, state } = nic;
    return {
      etag: weakEtag(nic),
      properties: {
        resourceGuid: state.resourceGuid,
        macAddress: toWireMac(state.mac),
        enableIPForwarding: body.properties.enableIPForwarding,
        enableAcceleratedNetworking: body.properties.enableAcceleratedNetworking,
        nicType: 'Standard',
        ipConfigurations: body.properties.ipConfigurations.map((one) => toIpConfiguration(nic, one)),
        dnsSettings: { dnsServers: [], appliedDnsServers: [] },
      },
    };
  },
};

function checkReferences({ id, body, view }: InterfacePut): void {
  const networks = new Set<string>();
  for (const [index, { name, properties }] of body.properties.ipConfigurations.entries()) {
    const target = `properties.ipConfigurations.${String(index)}.properties`;
    const from = `${id}/ipConfigurations/${name}`;
    const { subnet, privateIPAddress, publicIPAddress, loadBalancerBackendAddressPools } = properties;
    requireReference(view, { id: subnet.id, is: isSubnet, from, target: `${target}.subnet` });
    networks.add(idKey(virtualNetworkIdOf(subnet.id)));
    if (privateIPAddress !== undefined) requirePrivateAddress(view, { subnetId: subnet.id, address: privateIPAddress, from });
    if (publicIPAddress !== undefined) requireFreePublicAddress(view, { id: publicIPAddress.id, from, target });
    for (const pool of loadBalancerBackendAddressPools)
      requireBackendPool(view, { id: pool.id, subnetId: subnet.id, from, target });
  }
  if (networks.size < 2) return;
  throw new ArmError(
    400,
    'NicIpConfigurationsInDifferentVirtualNetworks',
    `The IP configurations of network interface ${id} are in different virtual networks; all have to be in one.`,
    { target: 'properties.ipConfigurations' },
  );
}

/** An IP configuration keeps its address as long as its name, its subnet and its wish stay. */
function allocatePrivateAddresses({ body, existing, view }: InterfacePut): Readonly<Record<string, string>> {
  const given: Record<string, string> = {};
  for (const one of body.properties.ipConfigurations) {
    const address = one.properties.privateIPAddress ?? keptAddress(one, existing);
    if (address !== undefined) given[one.name] = address;
  }
  for (const { name, properties } of body.properties.ipConfigurations)
    given[name] ??= privateAddressSource(view, properties.subnet.id, Object.values(given))();
  return given;
}

function keptAddress(
  { name, properties }: InterfaceIpConfiguration,
  existing: StoredNetworkInterface | undefined,
): string | undefined {
  const before = existing?.body.properties.ipConfigurations.find((one) => one.name === name)?.properties.subnet;
  return before !== undefined && idKey(before.id) === idKey(properties.subnet.id)
    ? existing?.state.privateAddresses[name]
    : undefined;
}

function toIpConfiguration(nic: StoredNetworkInterface, { name, properties }: InterfaceIpConfiguration) {
  const { id, state } = nic;
  return {
    id: `${id}/ipConfigurations/${name}`,
    name,
    type: `${networkInterfaceType}/ipConfigurations`,
    etag: weakEtag(nic),
    properties: {
      provisioningState: 'Succeeded',
      ...plainJson(properties),
      privateIPAddress: state.privateAddresses[name],
      privateIPAddressVersion: 'IPv4',
    },
  };
}
