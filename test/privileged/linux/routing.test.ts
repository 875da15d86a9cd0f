import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseCidr } from '../../../src/base/addresses.ts';
import { inNetns } from '../../../src/linux/netns.ts';
import { deleteAddress, listAddresses, replaceAddress } from '../../../src/linux/netlink/addresses.ts';
import { createVeth, setLink } from '../../../src/linux/netlink/links.ts';
import { deleteNeighbours, listNeighbours, replaceNeighbours } from '../../../src/linux/netlink/neighbours.ts';
import { deleteRoutes, listRoutes, protocols, replaceRoutes, type Route } from '../../../src/linux/netlink/routes.ts';
import { deleteRules, ensureRules, listRules, type Rule } from '../../../src/linux/netlink/rules.ts';
import { openRouteSocket, type NetlinkSocket } from '../../../src/linux/netlink/socket.ts';
import { Namespaces, ip, runIn } from './namespaces.ts';

const namespaces = new Namespaces();
let netns: string;
let socket: NetlinkSocket;

before(() => {
  netns = namespaces.create('node');
  socket = inNetns(netns, openRouteSocket);
  createVeth(socket, { name: 'eth0', isUp: true, peer: { name: 'eth1' } });
  setLink(socket, 'eth1', { isUp: true });
  replaceAddress(socket, 'eth0', { address: '10.224.0.4', prefixLength: 24 });
});

after(() => {
  socket.close();
  namespaces.remove();
});

const everywhere = parseCidr('0.0.0.0/0', 'test');
const to = (text: string) => parseCidr(text, 'test');

test('addresses are added, renewed, read and deleted', () => {
  const single = { address: '192.0.2.7', prefixLength: 32 };
  const plain = { address: '10.225.0.1', prefixLength: 16, noPrefixRoute: true };
  replaceAddress(socket, 'eth1', single);
  replaceAddress(socket, 'eth1', single);
  replaceAddress(socket, 'eth1', plain);
  assert.deepEqual(listAddresses(socket, 'eth1'), [
    { device: 'eth1', ...single },
    { device: 'eth1', ...plain },
  ]);
  const printed = runIn(netns, 'ip', '-4', 'address', 'show', 'dev', 'eth1');
  assert.match(printed, /inet 192\.0\.2\.7\/32 scope global eth1\n/u);
  assert.match(printed, /inet 10\.225\.0\.1\/16 scope global noprefixroute eth1\n/u);
  assert.equal(runIn(netns, 'ip', 'route', 'show', '10.225.0.0/16'), '');
  for (const address of [single, plain, single]) deleteAddress(socket, 'eth1', address);
  deleteAddress(socket, 'none', single);
  assert.deepEqual(listAddresses(socket, 'eth1'), []);
});

const routes: { title: string; route: Route; printed: Record<string, unknown> }[] = [
  {
    title: 'a host route by a device',
    route: { destination: to('10.244.1.9/32'), device: 'eth0' },
    printed: { type: 'unicast', dst: '10.244.1.9', dev: 'eth0', protocol: 'boot', scope: 'link' },
  },
  {
    title: 'a default route by a next hop outside of every network',
    route: { destination: everywhere, device: 'eth0', via: '169.254.1.1', onLink: true, protocol: protocols.static },
    printed: { dst: 'default', gateway: '169.254.1.1', protocol: 'static', scope: 'global', flags: ['onlink'] },
  },
  {
    title: 'an unreachable default that networkd leaves alone',
    route: { destination: everywhere, type: 'unreachable', metric: 4_278_198_272, protocol: protocols.kernel },
    printed: { type: 'unreachable', dst: 'default', protocol: 'kernel', metric: 4_278_198_272 },
  },
  {
    title: 'a route with a preferred source address',
    route: { destination: to('10.244.2.0/24'), device: 'eth0', via: '10.224.0.9', source: '10.224.0.4' },
    printed: { dst: '10.244.2.0/24', gateway: '10.224.0.9', prefsrc: '10.224.0.4' },
  },
  {
    title: 'a local route',
    route: { destination: to('198.51.100.0/24'), device: 'lo', type: 'local' },
    printed: { type: 'local', dst: '198.51.100.0/24', scope: 'host' },
  },
  {
    title: 'a blackhole',
    route: { destination: to('10.9.0.0/16'), type: 'blackhole' },
    printed: { type: 'blackhole', dst: '10.9.0.0/16' },
  },
];

for (const { title, route, printed } of routes) {
  test(`${title} is written, shown by ip, read back and deleted`, () => {
    const inTable = { ...route, table: 7001 };
    replaceRoutes(socket, [inTable]);
    replaceRoutes(socket, [inTable]);
    assert.deepEqual(ip(netns, 'route show table 7001', ...Object.keys(printed)), [printed]);
    const read = listRoutes(socket, { table: 7001 });
    assert.equal(read.length, 1);
    assert.deepEqual({ ...read[0], ...inTable }, read[0]);
    deleteRoutes(socket, [inTable]);
    deleteRoutes(socket, [inTable]);
    assert.deepEqual(listRoutes(socket, { table: 7001 }), []);
  });
}

test('replacing a route moves it to another device and leaves the unreachable one below it', () => {
  const lock: Route = { destination: everywhere, table: 7002, type: 'unreachable', metric: 100, protocol: protocols.kernel };
  replaceRoutes(socket, [lock, { destination: everywhere, table: 7002, device: 'eth0' }]);
  replaceRoutes(socket, [{ destination: everywhere, table: 7002, device: 'eth1' }]);
  assert.deepEqual(
    listRoutes(socket, { table: 7002 }).map(({ type, device, metric }) => ({ type, device, metric })),
    [
      { type: 'unicast', device: 'eth1', metric: undefined },
      { type: 'unreachable', device: undefined, metric: 100 },
    ],
  );
  deleteRoutes(socket, [{ destination: everywhere, table: 7002, type: 'unreachable' }]);
  assert.deepEqual(
    listRoutes(socket, { table: 7002 }).map(({ device }) => device),
    ['eth1'],
  );
});

test('a thousand routes are written, listed and deleted', () => {
  const many = Array.from({ length: 1000 }, (_, n) => ({
    destination: to(`10.100.${String(n >> 8)}.${String(n & 255)}/32`),
    table: 7003,
    device: 'eth0',
  }));
  replaceRoutes(socket, many);
  assert.equal(listRoutes(socket, { table: 7003 }).length, 1000);
  assert.equal(runIn(netns, 'ip', 'route', 'show', 'table', '7003').trim().split('\n').length, 1000);
  deleteRoutes(socket, many);
  assert.deepEqual(listRoutes(socket, { table: 7003 }), []);
});

test('the main table is the default, and holds what the kernel derives from addresses', () => {
  assert.deepEqual(listRoutes(socket), [
    {
      destination: to('10.224.0.0/24'),
      table: 254,
      type: 'unicast',
      device: 'eth0',
      scope: 'link',
      protocol: protocols.kernel,
      source: '10.224.0.4',
    },
  ]);
});

test('routes by a device that does not exist are refused, and deleted at once', () => {
  const route = { destination: everywhere, device: 'none' };
  assert.throws(() => replaceRoutes(socket, [route]), { code: 'NotFound' });
  deleteRoutes(socket, [route]);
});

test('every route of a batch is tried, and the first refusal is thrown with the kernel’s reason', () => {
  const bad: Route = { destination: everywhere, table: 7004, device: 'eth0', via: '203.0.113.1' };
  const good: Route = { destination: everywhere, table: 7004, device: 'eth0' };
  assert.throws(
    () => replaceRoutes(socket, [bad, good]),
    /replace route 0\.0\.0\.0\/0 via 203\.0\.113\.1 dev eth0 table 7004: ENETUNREACH, Nexthop has invalid gateway/u,
  );
  assert.equal(listRoutes(socket, { table: 7004 }).length, 1);
});

test('rules are added once, read and deleted', () => {
  const rules: Rule[] = [
    { preference: 7000, mark: 3, mask: 0x7f, table: 7003, protocol: protocols.kernel },
    { preference: 7000, inputInterface: 'eth0', table: 100, protocol: protocols.kernel },
  ];
  ensureRules(socket, rules);
  ensureRules(socket, rules);
  assert.deepEqual(
    listRules(socket).filter(({ preference }) => preference === 7000),
    rules,
  );
  assert.deepEqual(ip(netns, 'rule show pref 7000', 'priority', 'fwmark', 'fwmask', 'iif', 'table', 'protocol'), [
    { priority: 7000, fwmark: '0x3', fwmask: '0x7f', table: '7003', protocol: 'kernel' },
    { priority: 7000, iif: 'eth0', table: '100', protocol: 'kernel' },
  ]);
  deleteRules(socket, rules);
  deleteRules(socket, rules);
  assert.deepEqual(
    listRules(socket).map(({ preference, table }) => [preference, table]),
    [
      [0, 255],
      [32_766, 254],
      [32_767, 253],
    ],
  );
});

test('a rule of somebody else does not stand in for ours', () => {
  runIn(netns, 'ip', 'rule', 'add', 'pref', '7000', 'fwmark', '5/0x7f', 'lookup', '7005');
  const ours: Rule = { preference: 7000, mark: 5, mask: 0x7f, table: 7005, protocol: protocols.kernel };
  ensureRules(socket, [ours]);
  assert.equal(listRules(socket).filter(({ protocol }) => protocol === protocols.kernel).length, 4);
  deleteRules(socket, [ours]);
  assert.match(runIn(netns, 'ip', 'rule'), /7000:\tfrom all fwmark 0x5\/0x7f lookup 7005/u);
  runIn(netns, 'ip', 'rule', 'delete', 'pref', '7000');
});

test('permanent neighbours are written, read and deleted', () => {
  const neighbour = { device: 'eth0', address: '10.224.0.200', mac: '02:5e:00:00:00:02' };
  replaceNeighbours(socket, [neighbour]);
  replaceNeighbours(socket, [neighbour]);
  assert.deepEqual(listNeighbours(socket), [neighbour]);
  assert.deepEqual(ip(netns, 'neigh show dev eth0', 'dst', 'lladdr', 'state'), [
    { dst: '10.224.0.200', lladdr: '02:5e:00:00:00:02', state: ['PERMANENT'] },
  ]);
  deleteNeighbours(socket, [neighbour, neighbour, { device: 'none', address: '10.0.0.1' }]);
  assert.deepEqual(listNeighbours(socket, 'eth0'), []);
});
