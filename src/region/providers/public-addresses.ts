import { addressAt, type Cidr, cidrSize, formatCidr, offsetOf, parseCidr } from '../../base/addresses.ts';
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
}

/** The smallest network that is given out, /31: the pool is divided into so large pieces. */
const pieceSize = 2;

/** The first free network of this size in the pool. Throws 400 `PublicIPCountLimitReached` when there is none. */
export function allocatePrefix(view: ResourceView, pool: string, prefixLength: number): Cidr {
  const outer = parseCidr(pool, 'prefixPool');
  const size = 2 ** (32 - prefixLength);
  const used = new Set(publicIpPrefixesOf(view).flatMap(({ state }) => piecesOf(outer, state.network)));
  for (let offset = 0; offset + size <= cidrSize(outer); offset += size) {
    const candidate = { address: addressAt(outer, offset), prefixLength };
    if (!piecesOf(outer, candidate).some((piece) => used.has(piece))) return candidate;
  }
  throw new ArmError(
    400,
    'PublicIPCountLimitReached',
    `Cannot create a public IP prefix of length /${String(prefixLength)}: the region's public addresses (${pool}) are used up. Delete prefixes that are not needed.`,
  );
}

function piecesOf(outer: Cidr, network: Cidr): readonly number[] {
  const first = offsetOf(outer, network.address) / pieceSize;
  return Array.from({ length: cidrSize(network) / pieceSize }, (_, index) => first + index);
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
  const { network, isExhausted } = prefix.state;
  if (isExhausted === true) return undefined;
  const used = new Set([...addressUses(view, prefix.id).map(({ address }) => address), ...taken]);
  return Array.from({ length: cidrSize(network) }, (_, offset) => addressAt(network, offset)).find(
    (address) => !used.has(address),
  );
}

/** Who has an address out of this prefix; `prefixId` as the prefix spells it. */
export function addressUses(view: ResourceView, prefixId: string): readonly AddressUse[] {
  const uses: AddressUse[] = [];
  for (const { id, body, state } of publicIpAddressesOf(view))
    if (sameId(body.properties.publicIPPrefix?.id ?? '', prefixId)) uses.push({ id, address: state.address });
  for (const { id, state } of instancesOf(view))
    for (const nic of state.interfaces)
      for (const { name, publicAddress } of nic.ipConfigurations) {
        if (publicAddress?.prefixId !== prefixId) continue;
        const ipConfigurationId = `${id}/networkInterfaces/${nic.name}/ipConfigurations/${name}`;
        uses.push({ id: `${ipConfigurationId}/publicIPAddresses/${publicAddress.name}`, address: publicAddress.address });
      }
  return uses;
}

/** 409 in the words of the compute service: the operation that asked for the address fails with it. */
export function prefixExhausted(prefix: StoredPublicIpPrefix, view: ResourceView): ArmError {
  const maximum = cidrSize(prefix.state.network);
  const used = prefix.state.isExhausted === true ? maximum : addressUses(view, prefix.id).length;
  return new ArmError(
    409,
    'PublicIpPrefixOutOfIpAddressesForVMScaleSet',
    `IpPrefix ${prefix.id} can provide ${String(maximum)} public ips at maximum, ${String(used)} of them are in use already. ${formatCidr(prefix.state.network)} has no address left.`,
  );
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
