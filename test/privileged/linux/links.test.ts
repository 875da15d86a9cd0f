import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pollUntil } from '../../../src/base/poll.ts';
import { isErrno } from '../../../src/linux/libc.ts';
import { inNetns } from '../../../src/linux/netns.ts';
import {
  createBridge,
  createVeth,
  createWireguardLink,
  deleteLink,
  findLink,
  getLink,
  listLinks,
  moveLink,
  setLink,
} from '../../../src/linux/netlink/links.ts';
import { openRouteSocket, type NetlinkSocket } from '../../../src/linux/netlink/socket.ts';
import { Namespaces, ip, runIn } from './namespaces.ts';
import { patient } from '../../support/patience.ts';

const namespaces = new Namespaces();
let router: string;
let machine: string;
let socket: NetlinkSocket;

before(() => {
  router = namespaces.create('router');
  machine = namespaces.create('machine');
  socket = inNetns(router, openRouteSocket);
});

after(() => {
  socket.close();
  namespaces.remove();
});

test('a veth pair is made with both ends in place', async () => {
  createVeth(socket, {
    name: 'v1',
    mac: '02:5e:00:00:00:01',
    mtu: 1420,
    isUp: true,
    peer: { name: 'eth0', mac: '02:5e:00:00:00:02', mtu: 1400, netns: machine },
  });
  runIn(machine, 'ip', 'link', 'set', 'eth0', 'up');
  const columns = ['ifname', 'address', 'mtu', 'operstate'];
  const [near] = ip(router, 'link show v1', ...columns);
  const [far] = ip(machine, 'link show eth0', ...columns);
  assert.deepEqual(near, { ifname: 'v1', address: '02:5e:00:00:00:01', mtu: 1420, operstate: 'UP' });
  assert.deepEqual(far, { ifname: 'eth0', address: '02:5e:00:00:00:02', mtu: 1400, operstate: 'UP' });
  await deleteLink(socket, 'v1');
  assert.deepEqual(ip(machine, 'link', 'ifname'), [{ ifname: 'lo' }]);
});

test('both ends can be made in namespaces that are not the socket’s', async () => {
  const other = namespaces.create('other');
  createVeth(socket, { name: 'a', netns: other, peer: { name: 'b', netns: machine } });
  assert.deepEqual(ip(router, 'link', 'ifname'), [{ ifname: 'lo' }]);
  assert.deepEqual(ip(other, 'link show a', 'ifname'), [{ ifname: 'a' }]);
  using inOther = inNetns(other, openRouteSocket);
  await deleteLink(inOther, 'a');
});

test('links read back as ip shows them', async () => {
  createBridge(socket, { name: 'br0', mac: '02:5e:00:00:01:00' });
  createVeth(socket, { name: 'v2', peer: { name: 'eth1', netns: machine } });
  setLink(socket, 'v2', { isUp: true, mtu: 1300, mac: '02:5e:00:00:01:02', master: 'br0', alias: 'pod one' });
  const { index: masterIndex } = getLink(socket, 'br0');
  const { index: peerIndex } = inNetns(machine, () => {
    using inMachine = openRouteSocket();
    return getLink(inMachine, 'eth1');
  });
  const { index, ...link } = getLink(socket, 'v2');
  assert.deepEqual(link, {
    name: 'v2',
    kind: 'veth',
    isUp: true,
    mtu: 1300,
    mac: '02:5e:00:00:01:02',
    alias: 'pod one',
    masterIndex,
    peerIndex,
    rxPackets: 0,
    txPackets: 0,
  });
  assert.deepEqual(ip(router, 'link show v2', 'ifindex', 'master', 'ifalias'), [
    { ifindex: index, master: 'br0', ifalias: 'pod one' },
  ]);
  setLink(socket, 'v2', { isUp: false, master: null });
  assert.equal(getLink(socket, 'v2').masterIndex, undefined);
  assert.equal(getLink(socket, 'v2').isUp, false);
  assert.deepEqual(
    listLinks(socket).map(({ name, kind }) => [name, kind]),
    [
      ['lo', undefined],
      ['br0', 'bridge'],
      ['v2', 'veth'],
    ],
  );
  await Promise.all([deleteLink(socket, 'v2'), deleteLink(socket, 'br0')]);
  assert.deepEqual(
    listLinks(socket).map(({ name }) => name),
    ['lo'],
  );
});

test('packets are counted', async () => {
  createVeth(socket, { name: 'v3', isUp: true, peer: { name: 'eth3', netns: machine } });
  runIn(machine, 'ip', 'link', 'set', 'eth3', 'up');
  runIn(machine, 'ip', 'address', 'add', '192.0.2.1/24', 'dev', 'eth3');
  runIn(router, 'ip', 'address', 'add', '192.0.2.2/24', 'dev', 'v3');
  runIn(router, 'bash', '-c', 'echo hello > /dev/udp/192.0.2.1/9');
  // A question and an answer of ARP, then the datagram.
  await pollUntil(
    'packets on v3',
    () => {
      const { rxPackets, txPackets } = getLink(socket, 'v3');
      return rxPackets >= 1 && txPackets >= 2 ? true : undefined;
    },
    { timeoutMs: patient(5000), intervalMs: 10 },
  );
  await deleteLink(socket, 'v3');
});

test('requests on a socket are answered while a deletion is still at work', async () => {
  createVeth(socket, { name: 'v4', peer: { name: 'eth4', netns: machine } });
  const deletion = deleteLink(socket, 'v4');
  const names = listLinks(socket).map(({ name }) => name);
  await deletion;
  assert.ok(names.includes('lo'));
  assert.equal(findLink(socket, 'v4'), undefined);
});

test('a link is moved to another namespace', async () => {
  createBridge(socket, { name: 'away' });
  createVeth(socket, { name: 'v5', peer: { name: 'v6' } });
  await moveLink(socket, 'v6', machine);
  assert.deepEqual(ip(machine, 'link show v6', 'ifname'), [{ ifname: 'v6' }]);
  await deleteLink(socket, 'v5');
  await deleteLink(socket, 'away');
});

test('a link that is absent is found absent and deleted at once', async () => {
  assert.equal(findLink(socket, 'none'), undefined);
  assert.throws(() => getLink(socket, 'none'), { code: 'NotFound', message: 'there is no link none' });
  await deleteLink(socket, 'none');
});

test('a refusal names the request, the errno and the kernel’s reason', () => {
  createBridge(socket, { name: 'twice' });
  assert.throws(
    () => createBridge(socket, { name: 'twice' }),
    (error) => isErrno(error, 'EEXIST') && /^SegwError: create bridge link twice: EEXIST, route netlink$/u.test(String(error)),
  );
  assert.throws(() => setLink(socket, 'twice', { mtu: 10_000_000 }), /set link twice: EINVAL, mtu greater than device maximum/u);
});

test('a WireGuard link is made where the kernel has the kind, and refused as unsupported elsewhere', async () => {
  try {
    createWireguardLink(socket, { name: 'wg9', netns: machine });
    assert.equal(ip(machine, 'link show wg9', 'ifname').length, 1);
    using inMachine = inNetns(machine, openRouteSocket);
    await deleteLink(inMachine, 'wg9');
  } catch (error) {
    assert.ok(isErrno(error, 'ENOTSUP'), String(error));
  }
});
