import { addressAt, type Cidr, cidrSize, cidrsOverlap, formatCidr, parseCidr, subnetAt } from '../../base/addresses.ts';
import { ArmError } from '../arm/errors.ts';
import { sameId } from '../arm/ids.ts';
import type { ResourceView } from '../arm/resource.ts';
import { publicIpAddressesOf, publicIpPrefixesOf, type StoredPublicIpPrefix } from './public-ip-model.ts';
import { instancesOf } from './scale-set-model.ts';
import { virtualNetworksOf } from './virtual-network-model.ts';

/** A public address out of a prefix, and the resource that has it. */
export interface AddressUse {
  /** A publicIPAddresses resource, or the read-only one of an instance's IP configuration. */
  readonly id: string;
  readonly address: string;
  readonly prefixId: string;
}

/** The first free network of this size in the pool. Throws 400 `PublicIPCountLimitReached` when there is none. */
export function allocatePrefix(view: ResourceView, pool: string, prefixLength: number): Cidr {
  const outer = parseCidr(pool, 'prefixPool');
  const used = publicIpPrefixesOf(view).map(({ state }) => state.network);
  const count = prefixLength < outer.prefixLength ? 0 : 2 ** (prefixLength - outer.prefixLength);
  for (let index = 0; index < count; index += 1) {
    const candidate = subnetAt(outer, prefixLength, index);
    if (!used.some((network) => cidrsOverlap(network, candidate))) return candidate;
  }
  throw new ArmError(
    400,
    'PublicIPCountLimitReached',
    `Cannot create a public IP prefix of length /${String(prefixLength)}: the region's public addresses (${pool}) are used up. Delete prefixes that are not needed.`,
  );
}

/** The first free single address of the pool, network and broadcast addresses left out. Throws 400 `PublicIPCountLimitReached`. */
export function allocatePublicAddress(view: ResourceView, pool: string, taken: readonly string[] = []): string {
  const outer = parseCidr(pool, 'addressPool');
  const used = new Set([...singleAddresses(view), ...taken]);
  for (let offset = 1; offset < cidrSize(outer) - 1; offset += 1) {
    const candidate = addressAt(outer, offset);
    if (!used.has(candidate)) return candidate;
  }
  throw new ArmError(
    400,
    'PublicIPCountLimitReached',
    `Cannot create more public addresses: the region's pool (${pool}) is used up.`,
  );
}

/** The first free address of a prefix; undefined when all are in use. All addresses of a prefix are usable. */
export function freeAddressOf(
  prefix: StoredPublicIpPrefix,
  view: ResourceView,
  taken: readonly string[] = [],
): string | undefined {
  const used = new Set([...addressUses(view, prefix.id).map(({ address }) => address), ...taken]);
  const { network } = prefix.state;
  return Array.from({ length: cidrSize(network) }, (_, offset) => addressAt(network, offset)).find(
    (address) => !used.has(address),
  );
}

/** Who has an address out of this prefix. */
export function addressUses(view: ResourceView, prefixId: string): readonly AddressUse[] {
  return allAddressUses(view).filter((use) => sameId(use.prefixId, prefixId));
}

/** 409 in the words of the compute service: the operation that asked for the address fails with it. */
export function prefixExhausted(prefix: StoredPublicIpPrefix, view: ResourceView): ArmError {
  const maximum = cidrSize(prefix.state.network);
  const used = addressUses(view, prefix.id).length;
  return new ArmError(
    409,
    'PublicIpPrefixOutOfIpAddressesForVMScaleSet',
    `IpPrefix ${prefix.id} can provide ${String(maximum)} public ips at maximum, ${String(used)} of them are in use already. ${formatCidr(prefix.state.network)} has no address left.`,
  );
}

function allAddressUses(view: ResourceView): readonly AddressUse[] {
  const own = publicIpAddressesOf(view).flatMap(({ id, body, state }) =>
    body.properties.publicIPPrefix === undefined
      ? []
      : [{ id, address: state.address, prefixId: body.properties.publicIPPrefix.id }],
  );
  const ofInstances = instancesOf(view).flatMap(({ id, state }) =>
    state.interfaces.flatMap((nic) =>
      nic.ipConfigurations.flatMap(({ name, publicAddress }) =>
        publicAddress?.prefixId === undefined
          ? []
          : [
              {
                id: `${id}/networkInterfaces/${nic.name}/ipConfigurations/${name}/publicIPAddresses/${publicAddress.name}`,
                address: publicAddress.address,
                prefixId: publicAddress.prefixId,
              },
            ],
      ),
    ),
  );
  return [...own, ...ofInstances];
}

function singleAddresses(view: ResourceView): readonly string[] {
  return [
    ...virtualNetworksOf(view).map(({ state }) => state.outboundAddress),
    ...publicIpAddressesOf(view).flatMap(({ body, state }) =>
      body.properties.publicIPPrefix === undefined ? [state.address] : [],
    ),
    ...instancesOf(view).flatMap(({ state }) =>
      state.interfaces.flatMap((nic) =>
        nic.ipConfigurations.flatMap(({ publicAddress }) =>
          publicAddress === undefined || publicAddress.prefixId !== undefined ? [] : [publicAddress.address],
        ),
      ),
    ),
  ];
}
