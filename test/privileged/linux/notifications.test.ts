import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { parseCidr } from '../../../src/base/addresses.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import type { KernelChange } from '../../../src/dataplane/kernel-change.ts';
import { inNetns } from '../../../src/linux/netns.ts';
import { createBridge, deleteLink, setLink } from '../../../src/linux/netlink/links.ts';
import { watchNetwork, type NetworkWatch } from '../../../src/linux/netlink/notifications.ts';
import { replaceRoutes } from '../../../src/linux/netlink/routes.ts';
import { openRouteSocket, type NetlinkSocket } from '../../../src/linux/netlink/socket.ts';
import { Namespaces, runIn } from './namespaces.ts';
import { patient } from '../../support/patience.ts';

const namespaces = new Namespaces();
let netns: string;
let socket: NetlinkSocket;
let watch: NetworkWatch;
let seen: KernelChange[];

before(() => {
  netns = namespaces.create('node');
  socket = inNetns(netns, openRouteSocket);
});
after(() => {
  socket.close();
  namespaces.remove();
});
beforeEach(() => {
  seen = [];
  watch = inNetns(netns, () => watchNetwork((changes) => seen.push(...changes)));
});
afterEach(() => watch.stop());

const everywhere = parseCidr('0.0.0.0/0', 'test');

test('links, addresses, routes, rules and nft tables are told when they are set and removed', async () => {
  createBridge(socket, { name: 'br0', isUp: true });
  runIn(netns, 'ip', 'address', 'add', '10.0.0.1/24', 'dev', 'br0');
  replaceRoutes(socket, [{ destination: everywhere, table: 7003, type: 'unreachable' }]);
  runIn(netns, 'ip', 'rule', 'add', 'pref', '7000', 'fwmark', '3/0x7f', 'lookup', '7003');
  runIn(netns, 'nft', 'add table inet segw; add set inet segw pods { type ipv4_addr; }');
  await arrive({ kind: 'link', subject: 'br0', isRemoval: false });
  await arrive({ kind: 'address', subject: '10.0.0.1', isRemoval: false });
  await arrive({ kind: 'route', subject: '7003', isRemoval: false });
  await arrive({ kind: 'rule', subject: '7003', isRemoval: false });
  await arrive({ kind: 'nftables', subject: 'segw', isRemoval: false });

  runIn(netns, 'ip', 'rule', 'delete', 'pref', '7000');
  runIn(netns, 'ip', 'route', 'flush', 'table', '7003');
  runIn(netns, 'ip', 'address', 'flush', 'dev', 'br0');
  runIn(netns, 'nft', 'flush', 'ruleset');
  await deleteLink(socket, 'br0');
  await arrive({ kind: 'rule', subject: '7003', isRemoval: true });
  await arrive({ kind: 'route', subject: '7003', isRemoval: true });
  await arrive({ kind: 'address', subject: '10.0.0.1', isRemoval: true });
  await arrive({ kind: 'nftables', subject: 'segw', isRemoval: true });
  await arrive({ kind: 'link', subject: 'br0', isRemoval: true });
});

test('a port that leaves its bridge is not told as a removed link', async () => {
  runIn(netns, 'ip', 'link', 'add', 'v1', 'type', 'veth', 'peer', 'v2');
  createBridge(socket, { name: 'br1' });
  setLink(socket, 'v1', { master: 'br1' });
  setLink(socket, 'v1', { master: null });
  await deleteLink(socket, 'br1');
  await arrive({ kind: 'link', subject: 'br1', isRemoval: true });
  assert.equal(
    seen.some(({ subject, isRemoval }) => subject === 'v1' && isRemoval),
    false,
  );
});

test('a flood that nobody reads is told as lost', async () => {
  const routes = Array.from({ length: 4000 }, (_, n) => ({
    destination: parseCidr(`10.${String(n >> 8)}.${String(n & 255)}.0/24`, 'test'),
    table: 7004,
    type: 'unreachable' as const,
  }));
  replaceRoutes(socket, routes);
  await arrive({ kind: 'lost', subject: '', isRemoval: false });
});

function arrive(change: KernelChange): Promise<true> {
  return pollUntil(
    JSON.stringify(change),
    (note) => {
      note(JSON.stringify(seen));
      return seen.some((one) => JSON.stringify(one) === JSON.stringify(change)) || undefined;
    },
    { timeoutMs: patient(5000), intervalMs: 5 },
  );
}
