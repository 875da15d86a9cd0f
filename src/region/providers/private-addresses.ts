import { randomBytes } from 'node:crypto';
import { addressAt, type Cidr, cidrSize, formatCidr } from '../../base/addresses.ts';
import { ArmError } from '../arm/errors.ts';
import { sameId } from '../arm/ids.ts';
import type { ResourceView } from '../arm/resource.ts';
import { type ClusterNetwork, clusterNetworksOf } from './cluster-network.ts';
import { instancesOf } from './scale-set-model.ts';
import { findSubnet } from './virtual-network-model.ts';

/** Azure keeps the first four addresses of a subnet (network, gateway, two for DNS) and the last one. */
const reserved = { first: 4, last: 1 } as const;

/**
 * The lowest free address of the subnet. Throws 400 `SubnetIsFull`, or `InvalidResourceReference` when there is no such subnet.
 */
export function allocatePrivateAddress(view: ResourceView, subnetId: string): string {
  return privateAddressSource(view, subnetId)();
}

/** Each call gives the next address of the subnet that is neither in use nor in `taken`; throws like `allocatePrivateAddress`. */
export function privateAddressSource(view: ResourceView, subnetId: string, taken: readonly string[] = []): () => string {
  const prefix = subnetPrefix(view, subnetId);
  const used = new Set([...usedAddresses(view, subnetId), ...taken]);
  let offset: number = reserved.first;
  return () => {
    for (; offset < cidrSize(prefix) - reserved.last; offset += 1) {
      const candidate = addressAt(prefix, offset);
      if (used.has(candidate)) continue;
      offset += 1;
      return candidate;
    }
    throw new ArmError(
      400,
      'SubnetIsFull',
      `Subnet ${subnetId} with address prefix ${formatCidr(prefix)} has no free address left.`,
    );
  };
}

/** The network of a subnet. Throws 400 `InvalidResourceReference`. */
export function subnetPrefix(view: ResourceView, subnetId: string): Cidr {
  const subnet = findSubnet(view, subnetId);
  if (subnet !== undefined) return subnet.body.properties.addressPrefix;
  throw new ArmError(400, 'InvalidResourceReference', `Resource ${subnetId} was not found: a subnet is expected.`);
}

/** A MAC address in Azure's range that nobody has yet, lower case with colons. */
export function newMacAddress(view: ResourceView): string {
  const used = new Set([
    ...instancesOf(view).flatMap(({ state }) => state.interfaces.map(({ mac }) => mac)),
    ...clusterNetworksOf(view).map(({ state }) => state.controlPlane?.mac),
  ]);
  for (;;) {
    const mac = `00:0d:3a:${randomBytes(3)
      .toString('hex')
      .replaceAll(/(?<=^..|^....)/g, ':')}`;
    if (!used.has(mac)) return mac;
  }
}

/** Azure writes `00-0D-3A-01-02-03`. */
export function toWireMac(mac: string): string {
  return mac.replaceAll(':', '-').toUpperCase();
}

/** Ids of the IP configurations that have an address in this subnet, and of managed clusters whose API server has one. */
export function interfacesInSubnet(view: ResourceView, subnetId: string): readonly string[] {
  const instances = instancesOf(view).flatMap(({ id, state }) =>
    state.interfaces.flatMap((nic) =>
      nic.ipConfigurations
        .filter((ipConfiguration) => sameId(ipConfiguration.subnetId, subnetId))
        .map(({ name }) => `${id}/networkInterfaces/${nic.name}/ipConfigurations/${name}`),
    ),
  );
  return [...instances, ...controlPlanesIn(view, subnetId).map(({ id }) => id)];
}

function usedAddresses(view: ResourceView, subnetId: string): ReadonlySet<string> {
  const used = new Set<string>();
  for (const { state } of instancesOf(view))
    for (const nic of state.interfaces)
      for (const { privateAddress, subnetId: own } of nic.ipConfigurations) if (sameId(own, subnetId)) used.add(privateAddress);
  for (const { state } of controlPlanesIn(view, subnetId))
    if (state.controlPlane !== undefined) used.add(state.controlPlane.address);
  return used;
}

function controlPlanesIn(view: ResourceView, subnetId: string): readonly ClusterNetwork[] {
  return clusterNetworksOf(view).filter(({ state }) => sameId(state.controlPlane?.subnetId ?? '', subnetId));
}
