import { ArmError } from '../arm/errors.ts';
import { sameId } from '../arm/ids.ts';
import type { ResourceView } from '../arm/resource.ts';
import { type InterfaceConfiguration, type IpConfiguration, maxIpConfigurations } from './network-configuration.ts';
import { requireBackendPool } from './network/backend-pool-reference.ts';
import { newMacAddress, privateAddressSource } from './private-addresses.ts';
import { allocatePublicAddress, freeAddressOf, prefixExhausted } from './public-addresses.ts';
import { findPublicIpPrefix, isPublicIpPrefix, type StoredPublicIpPrefix } from './public-ip-model.ts';
import { requireReference } from './references.ts';
import type { InterfaceState, IpConfigurationState } from './scale-set-model.ts';
import { findSubnet, isSubnet } from './virtual-network-model.ts';

/** Throws 400 when the configuration refers to something that does not exist, or has more addresses than an interface can have. */
export function checkInterfaces(view: ResourceView, interfaces: readonly InterfaceConfiguration[], from: string): void {
  for (const nic of interfaces) {
    checkAddressCount(nic, from);
    for (const { name, properties } of nic.properties.ipConfigurations) {
      const target = `${nic.name}.ipConfigurations.${name}`;
      requireReference(view, { id: properties.subnet.id, is: isSubnet, from, target });
      const prefix = properties.publicIPAddressConfiguration?.properties.publicIPPrefix;
      if (prefix !== undefined) requireReference(view, { id: prefix.id, is: isPublicIpPrefix, from, target });
      for (const pool of properties.loadBalancerBackendAddressPools)
        requireBackendPool(view, { id: pool.id, subnetId: properties.subnet.id, from, target });
    }
  }
}

function checkAddressCount({ name, properties: { ipConfigurations } }: InterfaceConfiguration, from: string): void {
  if (ipConfigurations.length <= maxIpConfigurations) return;
  throw new ArmError(
    400,
    'PrivateIPAddressCountLimitReached',
    `Network interface ${name} of ${from} has ${String(ipConfigurations.length)} IP configurations; a network interface can have ${String(maxIpConfigurations)} private addresses at most.`,
    { target: `${name}.ipConfigurations` },
  );
}

type PublicConfiguration = NonNullable<IpConfiguration['properties']['publicIPAddressConfiguration']>;

interface AllocationOptions {
  readonly view: ResourceView;
  /** Public addresses that come out of no prefix come out of this network. */
  readonly addressPool: string;
  /** The instance's id and the addresses that it has. */
  readonly instance: { readonly id: string; readonly interfaces: readonly InterfaceState[] };
}

/**
 * The addresses of an instance whose interfaces are to be `wanted`: what it has already stays as long as the configuration's name,
 * subnet and prefix do; the rest is allocated, also out of what it gives up. Throws 400 `SubnetIsFull`, 409
 * `PublicIpPrefixOutOfIpAddressesForVMScaleSet`.
 */
export function allocateInterfaces(
  { view, addressPool, instance }: AllocationOptions,
  wanted: readonly InterfaceConfiguration[],
): readonly InterfaceState[] {
  const kept = wanted.map((nic) => {
    const old = instance.interfaces.find(({ name }) => name === nic.name);
    return {
      nic,
      mac: old?.mac,
      ipConfigurations: nic.properties.ipConfigurations.toSorted(primaryFirst).map((one) => keep(one, old)),
    };
  });
  const addresses = createAddresses({
    others: withoutResource(view, instance.id),
    addressPool,
    kept: kept.flatMap(({ ipConfigurations }) => ipConfigurations),
  });
  return kept
    .toSorted((a, b) => primaryFirst(a.nic, b.nic))
    .map(({ nic, mac, ipConfigurations }) => ({
      name: nic.name,
      mac: mac ?? newMacAddress(view),
      ipConfigurations: ipConfigurations.map((one) => addresses.complete(one)),
    }));
}

/** An IP configuration with those of its addresses that it has already. */
interface Kept {
  readonly wanted: IpConfiguration;
  readonly privateAddress: string | undefined;
  readonly publicAddress: string | undefined;
}

function keep(wanted: IpConfiguration, nic: InterfaceState | undefined): Kept {
  const old = nic?.ipConfigurations.find(({ name }) => name === wanted.name);
  if (old === undefined) return { wanted, privateAddress: undefined, publicAddress: undefined };
  const { subnet, publicIPAddressConfiguration: configuration } = wanted.properties;
  return {
    wanted,
    privateAddress: sameId(old.subnetId, subnet.id) ? old.privateAddress : undefined,
    publicAddress: configuration === undefined ? undefined : keepPublic(configuration, old.publicAddress),
  };
}

function keepPublic({ properties }: PublicConfiguration, old: IpConfigurationState['publicAddress']): string | undefined {
  return sameId(old?.prefixId ?? '', properties.publicIPPrefix?.id ?? '') ? old?.address : undefined;
}

interface AddressesOptions {
  readonly others: ResourceView;
  readonly addressPool: string;
  readonly kept: readonly Kept[];
}

/** Gives out what is missing; remembers what it gave, which the store does not show yet. */
function createAddresses({ others, addressPool, kept }: AddressesOptions): { complete(one: Kept): IpConfigurationState } {
  const sources = new Map<string, () => string>();
  const privateTaken = kept.flatMap(({ privateAddress }) => privateAddress ?? []);
  const publicTaken = kept.flatMap(({ publicAddress }) => publicAddress ?? []);

  function nextPrivate(subnetId: string): string {
    const source = sources.get(subnetId) ?? privateAddressSource(others, subnetId, privateTaken);
    sources.set(subnetId, source);
    return source();
  }

  function nextPublic(prefix: StoredPublicIpPrefix | undefined): string {
    const address =
      prefix === undefined ? allocatePublicAddress(others, addressPool, publicTaken) : fromPrefix(others, prefix, publicTaken);
    publicTaken.push(address);
    return address;
  }

  function completePublic(wanted: PublicConfiguration, kept: string | undefined): IpConfigurationState['publicAddress'] {
    const prefix = wanted.properties.publicIPPrefix && requirePrefix(others, wanted.properties.publicIPPrefix.id);
    const address = kept ?? nextPublic(prefix);
    return { name: wanted.name, address, ...(prefix === undefined ? {} : { prefixId: prefix.id }) };
  }

  return {
    complete({ wanted: { name, properties }, privateAddress, publicAddress: kept }) {
      // The subnet's own spelling of its id: later comparisons are plain ones.
      const subnetId = findSubnet(others, properties.subnet.id)?.id ?? properties.subnet.id;
      const { publicIPAddressConfiguration: configuration } = properties;
      const publicAddress = configuration && completePublic(configuration, kept);
      return {
        name,
        subnetId,
        privateAddress: privateAddress ?? nextPrivate(subnetId),
        ...(publicAddress === undefined ? {} : { publicAddress }),
      };
    },
  };
}

function requirePrefix(view: ResourceView, prefixId: string): StoredPublicIpPrefix {
  const prefix = findPublicIpPrefix(view, prefixId);
  if (prefix === undefined) throw new ArmError(400, 'InvalidResourceReference', `Resource ${prefixId} was not found.`);
  return prefix;
}

function fromPrefix(view: ResourceView, prefix: StoredPublicIpPrefix, taken: readonly string[]): string {
  const address = freeAddressOf(prefix, view, taken);
  if (address === undefined) throw prefixExhausted(prefix, view);
  return address;
}

function withoutResource(view: ResourceView, id: string): ResourceView {
  return {
    get: (other) => (sameId(other, id) ? undefined : view.get(other)),
    list: (type, under) => view.list(type, under).filter((resource) => !sameId(resource.id, id)),
  };
}

function primaryFirst(a: { properties: { primary: boolean } }, b: { properties: { primary: boolean } }): number {
  return Number(b.properties.primary) - Number(a.properties.primary);
}
