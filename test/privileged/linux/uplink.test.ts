import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { pollUntil } from '../../../src/base/poll.ts';
import { watchNamespaces, type NamespacesWatch } from '../../../src/linux/namespaces-watch.ts';
import { openRouteSocket, type NetlinkSocket } from '../../../src/linux/netlink/socket.ts';
import { deleteNetns, inNetns } from '../../../src/linux/netns.ts';
import { findUplink } from '../../../src/linux/uplink.ts';
import { Namespaces, runIn } from './namespaces.ts';
import { patient } from '../../support/patience.ts';

const namespaces = new Namespaces();
let node: string;
let socket: NetlinkSocket;

before(() => {
  node = namespaces.create('node');
  socket = inNetns(node, openRouteSocket);
});

after(() => {
  socket.close();
  namespaces.remove();
});

function ip(args: string): void {
  runIn(node, 'ip', ...args.split(' '));
}

test('the uplink is the link of the default route with the smallest metric', () => {
  assert.equal(findUplink(socket), undefined);
  for (const [name, network] of [
    ['up0', '10.1.0'],
    ['up1', '10.2.0'],
  ] as const) {
    ip(`link add ${name} mtu 1400 type bridge`);
    ip(`address add ${network}.2/24 dev ${name}`);
    ip(`link set ${name} up`);
  }
  ip('link set up1 mtu 3900');
  ip('route add default via 10.1.0.1 dev up0 metric 200');
  assert.deepEqual(findUplink(socket), { name: 'up0', mtu: 1400 });
  ip('route add default via 10.2.0.1 dev up1 metric 100');
  assert.deepEqual(findUplink(socket), { name: 'up1', mtu: 3900 });
  ip('route add unreachable default metric 50');
  ip('route add default via 10.1.0.1 dev up0 table 7001');
  assert.deepEqual(findUplink(socket), { name: 'up1', mtu: 3900 });
  ip('link set up1 down');
  assert.deepEqual(findUplink(socket), { name: 'up0', mtu: 1400 });
});

test('a namespace that comes later, goes and comes again is watched, and let go', async () => {
  const path = join(namespaces.directory, 'later');
  const seen: string[] = [];
  const watch: NamespacesWatch = watchNamespaces({ node, later: path }, (namespace, changes) => {
    seen.push(...changes.map(({ kind, subject }) => `${namespace} ${kind} ${subject}`));
  });
  try {
    ip('link add seen0 type bridge');
    await arrive(seen, 'node link seen0');
    for (const round of ['first', 'second']) {
      namespaces.create('later');
      watch.refresh();
      runIn(path, 'ip', 'link', 'add', round, 'type', 'bridge');
      await arrive(seen, `later link ${round}`);
      deleteNetns(path);
      watch.refresh();
    }
  } finally {
    watch.stop();
  }
});

async function arrive(seen: readonly string[], change: string): Promise<void> {
  await pollUntil(change, () => seen.includes(change) || undefined, { timeoutMs: patient(5000), intervalMs: 5 });
}
