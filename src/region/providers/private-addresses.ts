import { randomBytes } from 'node:crypto';
import { addressAt, type Cidr, cidrContains, cidrSize, formatCidr, offsetOf } from '../../base/addresses.ts';
import { ArmError } from '../arm/errors.ts';
import { sameId } from '../arm/ids.ts';
import type { ResourceView } from '../arm/resource.ts';
import { clusterNetworksOf } from './cluster-network.ts';
import { networkInterfacesOf } from './network/network-interface-model.ts';
import { type PrivateAddressUse, privateAddressUses } from './network/private-address-uses.ts';
import { podBlocksIn } from './pod-blocks.ts';
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
  const blocks = podBlocksIn(view, subnetId);
  let offset: number = reserved.first;
  return () => {
    for (; offset < cidrSize(prefix) - reserved.last; offset += 1) {
      const candidate = addressAt(prefix, offset);
      if (used.has(candidate) || blocks.some(({ block }) => cidrContains(block, candidate))) continue;
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
    ...networkInterfacesOf(view).map(({ state }) => state.mac),
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

/** Ids of what has an address in this subnet: IP configurations, frontends, managed clusters whose API server has one, nodes whose pods do. */
export function interfacesInSubnet(view: ResourceView, subnetId: string): readonly string[] {
  return [...usesOf(view, subnetId), ...podBlocksIn(view, subnetId)].map(({ id }) => id);
}

interface AddressRequest {
  readonly subnetId: string;
  readonly address: string;
  /** Who wants it. Its own earlier use is none. */
  readonly from: string;
}

/** Throws 400 unless this address of the subnet may be given to `from`, which asks for it. */
export function requirePrivateAddress(view: ResourceView, { subnetId, address, from }: AddressRequest): void {
  const prefix = subnetPrefix(view, subnetId);
  const offset = offsetOf(prefix, address);
  if (!cidrContains(prefix, address))
    throw new ArmError(
      400,
      'PrivateIPAddressNotInSubnet',
      `Private static IP address ${address} does not belong to the range of subnet prefix ${formatCidr(prefix)}.`,
    );
  if (offset < reserved.first || offset >= cidrSize(prefix) - reserved.last)
    throw new ArmError(
      400,
      'PrivateIPAddressInReservedRange',
      `Private static IP address ${address} falls within the reserved IP range of subnet prefix ${formatCidr(prefix)}.`,
    );
  const user =
    usesOf(view, subnetId).find((use) => use.address === address && !sameId(use.id, from)) ??
    podBlocksIn(view, subnetId).find(({ block }) => cidrContains(block, address));
  if (user === undefined) return;
  throw new ArmError(
    400,
    'PrivateIPAddressInUse',
    `IP configuration ${user.id} is using the private IP address ${address} which ${from} requests.`,
  );
}

/** Addresses of interfaces and of control planes in the subnet. */
export function usedAddresses(view: ResourceView, subnetId: string): ReadonlySet<string> {
  return new Set(usesOf(view, subnetId).map(({ address }) => address));
}

function usesOf(view: ResourceView, subnetId: string): readonly PrivateAddressUse[] {
  return privateAddressUses(view).filter((use) => sameId(use.subnetId, subnetId));
}
