import { addressAt, cidrSize, formatCidr, subnetAt, type Cidr } from '../../src/base/addresses.ts';
import type { GatewayPoolReference } from '../../src/api/gateway-pool.ts';
import { CloudError, type CloudErrorCode } from '../../src/cloud/cloud-error.ts';
import type {
  AddressUse,
  CloudCall,
  CloudProvider,
  EgressAddress,
  EgressIpConfiguration,
  GatewayInstance,
  GatewayPool,
  OwnPrefixRequest,
  PoolChange,
  PoolChangeResult,
  PublicIpPrefix,
} from '../../src/cloud/cloud-provider.ts';
import type { CloudWorld } from '../../src/cloud/cloud-provider.contract.ts';
import { planPoolChange } from '../../src/cloud/pool-change.ts';
import { formatPrefixId, parsePrefixId } from '../../src/cloud/prefix-id.ts';
import { egressName } from '../../src/cloud/resource-names.ts';

type Method = 'readPool' | 'changePool' | 'readPrefix' | 'ensureOwnPrefix' | 'deleteOwnPrefix';

/** A cloud in memory, and the means to make it fail. */
export interface MemoryCloud extends CloudWorld {
  /** The next calls of a method fail with this error, until `heal`. */
  fail(method: Method, error: CloudError): void;
  heal(): void;
  /** No identity may use the prefix, until `permit`. */
  deny(prefixId: string): void;
  permit(prefixId: string): void;
  /** Resource ids of the prefixes that exist. */
  prefixIds(): readonly string[];
  readonly pools: ReadonlyMap<string, GatewayPool>;
}

interface Prefix extends Omit<PublicIpPrefix, 'uses' | 'cidr'> {
  readonly network: Cidr;
  readonly isOurs: boolean;
}

const location = 'westeurope';
const subscriptionId = '00000000-0000-4000-8000-000000000001';
const resourceGroup = 'nodes';
const publicRange: Cidr = { address: '198.51.100.0', prefixLength: 24 };
const privateRange: Cidr = { address: '10.224.0.0', prefixLength: 16 };

export function createMemoryCloud(): MemoryCloud {
  return new Cloud();
}

class Cloud implements MemoryCloud {
  readonly location = location;
  readonly pools = new Map<string, GatewayPool>();
  readonly #prefixes = new Map<string, Prefix>();
  readonly #taken: AddressUse[] = [];
  readonly #takenAddresses = new Set<string>();
  readonly #failures = new Map<Method, CloudError>();
  readonly #denied = new Set<string>();
  #writes = { models: 0, instances: 0 };
  #nextAddress = 4;
  #nextPrefix = 0;

  readonly provider: CloudProvider = {
    readPool: (reference, call) => this.#call('readPool', call, () => this.#find(reference)),
    changePool: (reference, change, call) => this.#call('changePool', call, () => this.#change(reference, change)),
    readPrefix: (id, call) => this.#call('readPrefix', call, () => this.#readPrefix(id)),
    ownPrefixId: (uid) => formatPrefixId({ subscriptionId, resourceGroup, name: egressName(uid) }),
    ensureOwnPrefix: (request, call) => this.#call('ensureOwnPrefix', call, () => this.#ensureOwnPrefix(request)),
    deleteOwnPrefix: (uid, call) => this.#call('deleteOwnPrefix', call, () => this.#deleteOwnPrefix(uid)),
  };

  async addPool(name: string, capacity: number): Promise<GatewayPoolReference> {
    const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/${name}`;
    this.pools.set(name, { id, location, subscriptionId, prefixLength: 30, capacity: 0, model: [], instances: [] });
    await this.scalePool(name, capacity);
    return { by: 'nodepoolName', nodepoolName: name };
  }

  async scalePool(name: string, capacity: number): Promise<void> {
    const pool = this.#pool(name);
    const instances = pool.instances.slice(0, capacity);
    this.pools.set(name, { ...pool, capacity, instances });
    while (instances.length < capacity) {
      const index = instances.length;
      const instance: GatewayInstance = {
        id: `${pool.id}/virtualMachines/${String(index)}`,
        nodeName: `${name}00000${String(index)}`,
        primaryAddress: this.#privateAddress(),
        addressCount: 1,
        egress: [],
      };
      instances.push(this.#withEgress(instance, pool.model));
      this.pools.set(name, { ...pool, capacity, instances });
    }
  }

  async deletePool(name: string): Promise<void> {
    this.pools.delete(name);
  }

  async addPrefix(name: string, prefixLength: number, tags: Readonly<Record<string, string>> = {}): Promise<string> {
    return this.#createPrefix(name, { prefixLength, tags, isOurs: false }).id;
  }

  async takeAddress(prefixId: string): Promise<void> {
    const { network, id } = this.#prefix(prefixId);
    this.#takenAddresses.add(this.#freeAddress(network) ?? '');
    this.#taken.push({ resourceId: `${id}/taken`, configurationUid: undefined });
  }

  async removeBehind(poolName: string, configurationUid: string): Promise<void> {
    const pool = this.#pool(poolName);
    const [first, ...rest] = pool.instances;
    if (first === undefined) return;
    const egress = first.egress.filter((one) => one.configurationUid !== configurationUid);
    this.pools.set(poolName, { ...pool, instances: [{ ...first, egress, addressCount: 1 + egress.length }, ...rest] });
  }

  countWrites(): { readonly models: number; readonly instances: number } {
    const writes = this.#writes;
    this.#writes = { models: 0, instances: 0 };
    return writes;
  }

  async close(): Promise<void> {
    this.pools.clear();
  }

  fail(method: Method, error: CloudError): void {
    this.#failures.set(method, error);
  }

  heal(): void {
    this.#failures.clear();
  }

  deny(prefixId: string): void {
    this.#denied.add(prefixId.toLowerCase());
  }

  permit(prefixId: string): void {
    this.#denied.delete(prefixId.toLowerCase());
  }

  prefixIds(): readonly string[] {
    return [...this.#prefixes.values()].map(({ id }) => id);
  }

  async #call<T>(method: Method, { signal }: CloudCall, work: () => T): Promise<T> {
    signal.throwIfAborted();
    const failure = this.#failures.get(method);
    if (failure) throw failure;
    return work();
  }

  #find(reference: GatewayPoolReference): GatewayPool | undefined {
    if (reference.by === 'nodepoolName') return this.pools.get(reference.nodepoolName.toLowerCase());
    const pool = this.pools.get(reference.name);
    return pool && { ...pool, prefixLength: reference.publicIpPrefixSize };
  }

  #change(reference: GatewayPoolReference, change: PoolChange): PoolChangeResult {
    const pool = this.#find(reference);
    const name = pool?.id.split('/').at(-1) ?? '';
    if (pool === undefined) throw failure('change pool', 'NotFound', 'ResourceNotFound', 'the pool does not exist');
    const { desired, writesModel, instances, refused } = planPoolChange(pool, change);
    if (writesModel) this.#writeModel(name, desired);
    const failures = instances.flatMap((instance) => this.#writeInstance(name, instance, desired));
    return { pool: this.#find(reference) ?? pool, refused, failures };
  }

  #writeModel(name: string, desired: readonly EgressIpConfiguration[]): void {
    const denied = desired.find(({ prefixId = '' }) => this.#denied.has(prefixId.toLowerCase()));
    if (denied)
      throw failure(
        'update scale set',
        'CloudPermissionMissing',
        'LinkedAuthorizationFailed',
        `no permission to perform 'Microsoft.Network/publicIPPrefixes/join/action' on the linked scope '${denied.prefixId ?? ''}'`,
      );
    this.#writes.models += 1;
    this.pools.set(name, { ...this.#pool(name), model: desired });
  }

  #writeInstance(name: string, instance: GatewayInstance, desired: readonly EgressIpConfiguration[]): readonly CloudError[] {
    this.#writes.instances += 1;
    const pool = this.#pool(name);
    const cleared = { ...instance, egress: instance.egress.filter((one) => desired.some((wanted) => isSame(one, wanted))) };
    const replace = (by: GatewayInstance): void => {
      const instances = pool.instances.map((one) => (one.id === instance.id ? by : one));
      this.pools.set(name, { ...pool, instances });
    };
    replace(cleared);
    const written = this.#withEgress(cleared, desired);
    replace(written);
    const isShort = written.egress.some((one) => one.prefixId !== undefined && one.publicAddress === undefined);
    const code = 'PublicIpPrefixOutOfIpAddressesForVMScaleSet';
    return isShort ? [failure(`update instance ${instance.id}`, 'PrefixExhausted', code, 'no address is left')] : [];
  }

  #withEgress(instance: GatewayInstance, desired: readonly EgressIpConfiguration[]): GatewayInstance {
    const egress: EgressAddress[] = [];
    for (const wanted of desired) {
      const found = instance.egress.find((one) => isSame(one, wanted) && one.privateAddress !== undefined);
      egress.push(found ?? this.#assign(wanted));
    }
    return { ...instance, egress, addressCount: 1 + egress.length };
  }

  #assign(wanted: EgressIpConfiguration): EgressAddress {
    if (wanted.prefixId === undefined) return { ...wanted, privateAddress: this.#privateAddress() };
    const publicAddress = this.#freeAddress(this.#prefix(wanted.prefixId).network);
    if (publicAddress === undefined) return wanted;
    return { ...wanted, privateAddress: this.#privateAddress(), publicAddress };
  }

  #freeAddress(network: Cidr): string | undefined {
    const stored = [...this.pools.values()].flatMap(({ instances }) =>
      instances.flatMap(({ egress }) => egress.map(({ publicAddress }) => publicAddress)),
    );
    const used = new Set([...stored, ...this.#takenAddresses]);
    return Array.from({ length: cidrSize(network) }, (_, offset) => addressAt(network, offset)).find((one) => !used.has(one));
  }

  #privateAddress(): string {
    this.#nextAddress += 1;
    return addressAt(privateRange, this.#nextAddress);
  }

  #readPrefix(id: string): PublicIpPrefix | undefined {
    parsePrefixId(id);
    if (this.#denied.has(id.toLowerCase()))
      throw failure(`read ${id}`, 'CloudPermissionMissing', 'AuthorizationFailed', `no authorization over scope '${id}'`);
    const prefix = this.#prefixes.get(id.toLowerCase());
    return prefix && this.#toWire(prefix);
  }

  #ensureOwnPrefix({ configurationUid, prefixLength }: OwnPrefixRequest): PublicIpPrefix {
    const id = this.provider.ownPrefixId(configurationUid);
    const found = this.#prefixes.get(id.toLowerCase());
    if (found && !found.isOurs) throw failure(`create ${id}`, 'CloudRequestFailed', 'PrefixNotOurs', 'it is not ours');
    const tags = { 'segw-owner': 'static-egress-gateway' };
    return this.#toWire(found ?? this.#createPrefix(egressName(configurationUid), { prefixLength, tags, isOurs: true }));
  }

  #deleteOwnPrefix(configurationUid: string): void {
    const id = this.provider.ownPrefixId(configurationUid).toLowerCase();
    const prefix = this.#prefixes.get(id);
    if (!prefix?.isOurs) return;
    if (this.#toWire(prefix).uses.length > 0)
      throw failure(`delete ${id}`, 'CloudRequestFailed', 'InUsePublicIpPrefixCannotBeDeleted', 'addresses of it are in use');
    this.#prefixes.delete(id);
  }

  #createPrefix(name: string, facts: Pick<Prefix, 'prefixLength' | 'tags' | 'isOurs'>): Prefix {
    const id = formatPrefixId({ subscriptionId, resourceGroup, name });
    const network = subnetAt(publicRange, facts.prefixLength, this.#slotFor(facts.prefixLength));
    const prefix: Prefix = { id, subscriptionId, location, network, ipVersion: 'IPv4', sku: 'Standard', ...facts };
    this.#prefixes.set(id.toLowerCase(), prefix);
    return prefix;
  }

  #slotFor(prefixLength: number): number {
    const size = 2 ** (32 - prefixLength);
    const slot = Math.ceil(this.#nextPrefix / size);
    this.#nextPrefix = (slot + 1) * size;
    return slot;
  }

  #toWire(prefix: Prefix): PublicIpPrefix {
    const { id, subscriptionId, location, network, prefixLength, ipVersion, sku, tags } = prefix;
    const isOfIt = (one: EgressAddress): boolean =>
      one.publicAddress !== undefined && one.prefixId?.toLowerCase() === prefix.id.toLowerCase();
    const instances = [...this.pools.values()].flatMap((pool) => pool.instances);
    const uses = instances.flatMap((instance) =>
      instance.egress.filter(isOfIt).map(({ configurationUid }) => ({
        resourceId: `${instance.id}/${egressName(configurationUid)}`,
        configurationUid,
      })),
    );
    const taken = this.#taken.filter(({ resourceId }) => resourceId.startsWith(`${id}/`));
    const cidr = formatCidr(network);
    return { id, subscriptionId, location, prefixLength, cidr, ipVersion, sku, tags, uses: [...uses, ...taken] };
  }

  #prefix(id: string): Prefix {
    const prefix = this.#prefixes.get(id.toLowerCase());
    if (prefix) return prefix;
    throw failure(`use ${id}`, 'CloudRequestFailed', 'InvalidResourceReference', 'the prefix does not exist');
  }

  #pool(name: string): GatewayPool {
    const pool = this.pools.get(name);
    if (pool) return pool;
    throw new Error(`no pool ${name}`);
  }
}

function isSame(a: EgressIpConfiguration, b: EgressIpConfiguration): boolean {
  return a.configurationUid === b.configurationUid && a.prefixId?.toLowerCase() === b.prefixId?.toLowerCase();
}

function failure(what: string, code: CloudErrorCode, serviceCode: string, serviceMessage: string): CloudError {
  return new CloudError({ what, code, serviceCode, serviceMessage });
}
