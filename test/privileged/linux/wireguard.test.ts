import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { parseCidr } from '../../../src/base/addresses.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { isErrno } from '../../../src/linux/libc.ts';
import { inNetns } from '../../../src/linux/netns.ts';
import { createVeth, createWireguardLink, deleteLink, findLink, moveLink, setLink } from '../../../src/linux/netlink/links.ts';
import { openGenericSocket, openRouteSocket, type NetlinkSocket } from '../../../src/linux/netlink/socket.ts';
import type { WireguardConfig, WireguardDevice } from '../../../src/linux/wireguard/device.ts';
import { kernelHasWireguard, kernelWireguard } from '../../../src/linux/wireguard/kernel.ts';
import { generatePrivateKey, publicKeyOf } from '../../../src/linux/wireguard/keys.ts';
import { ensureWireguardGo, userspaceWireguard } from '../../../src/linux/wireguard/userspace.ts';
import { findBinary } from '../../support/binaries.ts';
import { Namespaces, ip, runIn } from './namespaces.ts';
import { patient } from '../../support/patience.ts';

const namespaces = new Namespaces();
const sides = { worker: `tw${String(process.pid)}`, gateway: `tg${String(process.pid)}` };
const addresses = { worker: '192.0.2.1', gateway: '192.0.2.2' };
const keys = { worker: generatePrivateKey(), gateway: generatePrivateKey() };
let binary: string;
let worker: { path: string; socket: NetlinkSocket };
let gateway: { path: string; socket: NetlinkSocket };

before(async () => {
  binary = await findBinary('wireguard-go');
  worker = openSide('worker');
  gateway = openSide('gateway');
  createVeth(worker.socket, { name: 'eth0', peer: { name: 'eth0', netns: gateway.path } });
  for (const [{ path, socket }, address] of [
    [worker, addresses.worker],
    [gateway, addresses.gateway],
  ] as const) {
    setLink(socket, 'eth0', { isUp: true });
    runIn(path, 'ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
  }
});

// A process ends with its device; it lives in the namespace, so that would stay with it.
after(async () => {
  try {
    for (const { socket } of [worker, gateway]) for (const name of Object.values(sides)) await deleteLink(socket, name);
    for (const name of Object.values(sides)) await endOfProcess(name);
  } finally {
    for (const { socket } of [worker, gateway]) socket.close();
    namespaces.remove();
  }
});

function openSide(name: string): { path: string; socket: NetlinkSocket } {
  const path = namespaces.create(name);
  return { path, socket: inNetns(path, openRouteSocket) };
}

const config = (own: keyof typeof sides, other: keyof typeof sides): WireguardConfig => ({
  privateKey: keys[own],
  listenPort: 6000,
  peers: [
    {
      publicKey: publicKeyOf(keys[other]),
      endpoint: { address: addresses[other], port: 6000 },
      keepaliveSeconds: 5,
      allowedIps: [parseCidr('100.64.0.0/22', 'test'), parseCidr('100.127.255.254/32', 'test')],
    },
  ],
});

test('devices of wireguard-go are started once, configured by differences, and shake hands', async () => {
  for (const [{ path }, name] of [
    [worker, sides.worker],
    [gateway, sides.gateway],
  ] as const) {
    assert.equal(typeof (await ensureWireguardGo({ binary, name, netns: path })), 'number');
    assert.equal(await ensureWireguardGo({ binary, name, netns: path }), undefined);
    assert.equal(ip(path, `link show ${name}`, 'ifname').length, 1);
  }
  const [near, far] = [userspaceWireguard(sides.worker), userspaceWireguard(sides.gateway)];
  await near.configure(config('worker', 'gateway'));
  await far.configure(config('gateway', 'worker'));
  setLink(worker.socket, sides.worker, { isUp: true });
  setLink(gateway.socket, sides.gateway, { isUp: true });
  const handshake = await pollUntil('a handshake', async () => (await near.read()).peers[0]?.latestHandshakeMs, {
    timeoutMs: patient(15_000),
  });

  await near.configure(config('worker', 'gateway'));
  const state = await near.read();
  assert.equal(state.publicKey, publicKeyOf(keys.worker));
  assert.equal(state.listenPort, 6000);
  const { rxBytes, txBytes, latestHandshakeMs, ...peer } = state.peers[0] ?? { peers: [] };
  assert.deepEqual(peer, config('worker', 'gateway').peers[0]);
  assert.equal(latestHandshakeMs, handshake, 'a second configuration keeps the session');
  assert.ok(Number(rxBytes) > 0 && Number(txBytes) > 0);

  await near.configure({ ...config('worker', 'gateway'), peers: [] });
  assert.deepEqual((await near.read()).peers, []);
});

test('a device is moved to another namespace right after its start, and its process ends with its link', async () => {
  const name = `tm${String(process.pid)}`;
  await ensureWireguardGo({ binary, name, netns: worker.path });
  await moveLink(worker.socket, name, gateway.path);
  assert.equal(findLink(worker.socket, name), undefined);
  assert.deepEqual(ip(gateway.path, `link show ${name}`, 'ifname', 'mtu'), [{ ifname: name, mtu: 1420 }]);
  await userspaceWireguard(name).read();
  await deleteLink(gateway.socket, name);
  await endOfProcess(name);
  await assert.rejects(userspaceWireguard(name).read(), { code: 'WireguardRefused' });
});

test('a process that ends at once is reported', async () => {
  const name = `tf${String(process.pid)}`;
  await assert.rejects(ensureWireguardGo({ binary: '/bin/false', name }), {
    code: 'WireguardRefused',
    message: /ended with code 1/u,
  });
  await assert.rejects(ensureWireguardGo({ binary: '/none', name }), { code: 'WireguardRefused', message: /ENOENT/u });
});

test('the kernel’s WireGuard is found where creating a link proves it', () => {
  const refused = createRefusal();
  assert.equal(kernelHasWireguard(), refused === undefined, String(refused));
});

test('the kernel’s device is configured like the process’s, or is not found where the kernel has none', async () => {
  using socket = inNetns(worker.path, openGenericSocket);
  if (!kernelHasWireguard()) {
    assert.throws(() => kernelWireguard(socket, 'wg0'), { code: 'NotFound', message: 'the kernel has no WireGuard' });
    return;
  }
  createWireguardLink(worker.socket, { name: 'wg0', isUp: true });
  const device: WireguardDevice = kernelWireguard(socket, 'wg0');
  await device.configure({ ...config('worker', 'gateway'), listenPort: 6001 });
  const { publicKey, listenPort, peers } = await device.read();
  assert.deepEqual([publicKey, listenPort, peers.length], [publicKeyOf(keys.worker), 6001, 1]);
});

async function endOfProcess(name: string): Promise<void> {
  const socket = `/var/run/wireguard/${name}.sock`;
  await pollUntil(`the end of wireguard-go for ${name}`, () => !existsSync(socket) || undefined, { timeoutMs: patient(5000) });
}

function createRefusal(): unknown {
  try {
    createWireguardLink(worker.socket, { name: 'probe', netns: worker.path });
    return undefined;
  } catch (error) {
    assert.ok(isErrno(error, 'ENOTSUP'), String(error));
    return error;
  }
}
