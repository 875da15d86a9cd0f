import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, integer, property } from 'fast-check';
import {
  exampleInstance,
  exampleInterface,
  exampleNetwork,
  examplePrefix,
  exampleSubnetId,
  viewOf,
} from '../../../test/support/example-scale-set.ts';
import type { ResourceView } from '../arm/resource.ts';
import { allocateInterfaces } from './interface-allocation.ts';
import { allocatePrivateAddress, toWireMac } from './private-addresses.ts';
import type { InterfaceState, StoredInstance } from './scale-set-model.ts';

const prefix = examplePrefix('p', '203.0.113.0', 31);
const world = [...exampleNetwork(), prefix];

function allocate(
  view: ResourceView,
  instance: StoredInstance,
  prefixes: Readonly<Record<string, string>>,
): readonly InterfaceState[] {
  const { id, state } = instance;
  const interfaces = [exampleInterface(prefixes)];
  return allocateInterfaces({ view, addressPool: '198.51.100.0/24', instance: { id, interfaces: state.interfaces } }, interfaces);
}

function withInterfaces(name: string, interfaces: readonly InterfaceState[]): StoredInstance {
  return exampleInstance(name, { state: { interfaces } });
}

const addresses = (interfaces: readonly InterfaceState[]): (string | undefined)[][] =>
  interfaces.flatMap((nic) => nic.ipConfigurations.map((one) => [one.privateAddress, one.publicAddress?.address]));

test('the first four addresses of a subnet and the last one are not given out', () => {
  const given: string[] = [];
  const instances: StoredInstance[] = [];
  for (let index = 0; index < 11; index += 1) {
    const instance = exampleInstance(String(index));
    const interfaces = allocate(viewOf([...world, ...instances]), instance, {});
    given.push(interfaces[0]?.ipConfigurations[0]?.privateAddress ?? '');
    instances.push(withInterfaces(String(index), interfaces));
  }
  assert.deepEqual([given[0], given.at(-1)], ['10.224.0.4', '10.224.0.14']);
  assert.throws(() => allocatePrivateAddress(viewOf([...world, ...instances]), exampleSubnetId), { code: 'SubnetIsFull' });
});

test('what an instance has stays when something is added or taken away', () => {
  const first = allocate(viewOf(world), exampleInstance('0'), { a: prefix.id });
  const instance = withInterfaces('0', first);
  const second = allocate(viewOf([...world, instance]), instance, { b: prefix.id, a: prefix.id });
  assert.deepEqual(addresses(first), [
    ['10.224.0.4', undefined],
    ['10.224.0.5', '203.0.113.0'],
  ]);
  assert.deepEqual(addresses(second), [
    ['10.224.0.4', undefined],
    ['10.224.0.6', '203.0.113.1'],
    ['10.224.0.5', '203.0.113.0'],
  ]);
  assert.equal(second[0]?.mac, first[0]?.mac);
});

test('an address that an instance gives up is free for what it takes in the same moment', () => {
  const full = withInterfaces('0', allocate(viewOf(world), exampleInstance('0'), { a: prefix.id, b: prefix.id }));
  const swapped = allocate(viewOf([...world, full]), full, { c: prefix.id, d: prefix.id });
  assert.deepEqual(
    addresses(swapped)
      .slice(1)
      .map(([, publicAddress]) => publicAddress),
    ['203.0.113.0', '203.0.113.1'],
  );
});

test('a prefix that is used up is told with its figures', () => {
  const full = withInterfaces('0', allocate(viewOf(world), exampleInstance('0'), { a: prefix.id, b: prefix.id }));
  assert.throws(() => allocate(viewOf([...world, full]), exampleInstance('1'), { a: prefix.id }), {
    code: 'PublicIpPrefixOutOfIpAddressesForVMScaleSet',
    message: /can provide 2 public ips at maximum, 2 of them are in use already/,
  });
});

test('no address is ever given twice, whatever comes and goes', () => {
  const big = examplePrefix('big', '203.0.113.16', 28);
  check(
    property(array(integer({ min: 0, max: 15 }), { maxLength: 12 }), (steps) => {
      const instances = new Map<string, StoredInstance>();
      for (const step of steps) {
        const name = String(step % 3);
        const instance = instances.get(name) ?? exampleInstance(name);
        const wanted = Object.fromEntries(
          ['a', 'b'].filter((_, bit) => (step >> (bit + 2)) % 2 === 1).map((one) => [one, big.id]),
        );
        const view = viewOf([...exampleNetwork(), big, ...instances.values()]);
        instances.set(name, withInterfaces(name, allocate(view, instance, wanted)));
      }
      const all = [...instances.values()].flatMap(({ state }) => addresses(state.interfaces)).flat();
      const given = all.filter((address) => address !== undefined);
      assert.equal(new Set(given).size, given.length);
    }),
  );
});

test('Azure writes MAC addresses in capitals with hyphens', () => {
  assert.equal(toWireMac('00:0d:3a:01:02:ff'), '00-0D-3A-01-02-FF');
});
