import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pollUntil } from '../../../src/base/poll.ts';
import { namespaceOf } from '../../../src/dataplane/host-state.ts';
import type { Step } from '../../../src/dataplane/step.ts';
import { volley, volleySize } from '../../support/dataplane/rig/barrage.ts';
import { configure, internet } from '../../support/dataplane/rig/fabric.ts';
import { datagrams, openUdp, sendRaw } from '../../support/dataplane/rig/pod-client.ts';
import {
  assertSources,
  egressOf,
  labelOf,
  openRig,
  untilWrong,
  workerAddress,
  type PodName,
  type Rig,
} from '../../support/dataplane/rig/rig.ts';
import { without, withoutTable } from '../../support/dataplane/rig/rig-node.ts';
import { runIn } from '../linux/namespaces.ts';

let rig: Rig;

before(async () => {
  rig = await openRig();
});

after(async () => {
  await rig.close();
});

test('IPv6 beyond the cluster is refused, and nothing leaves', async () => {
  const destination = `${internet.network6}:6`;
  const refused = await rig.workers[1].counted('v6');
  await datagrams(rig.pods.a1.netns, destination, { isIpv6: true, count: volleySize, waitMs: 100 });
  assertSources(rig, destination, [], { isSilent: true });
  assert.equal((await rig.workers[1].counted('v6')) - refused, volleySize);
});

test('without the guard for IPv6, and for a pod without a gateway, it leaves', async () => {
  const destination = `${internet.network6}:7`;
  await rig.workers[1].during([without(/counter name v6 reject/), withoutTable('segw_lock')], async () => {
    await datagrams(rig.pods.a1.netns, destination, { isIpv6: true, count: volleySize, waitMs: 100 });
    await untilWrong(rig, destination, []);
  });
  assert.equal(rig.fabric.sourcesOf(destination).get(rig.pods.a1.address6), volleySize);
  const other = `${internet.network6}:8`;
  await datagrams(rig.pods.u1.netns, other, { isIpv6: true, waitMs: 100 });
  assert.equal(rig.fabric.sourcesOf(other).get(rig.pods.u1.address6), 5);
});

test('without the guard for IPv6, the lock keeps it in', async () => {
  const destination = `${internet.network6}:9`;
  await rig.workers[1].during([without(/counter name v6 reject/)], async () => {
    await datagrams(rig.pods.a1.netns, destination, { isIpv6: true, count: volleySize, waitMs: 100 });
  });
  assertSources(rig, destination, [], { isSilent: true });
});

test('link-local destinations lead no packet to the internet', async () => {
  const destination = rig.destination();
  const { netns, address: source } = rig.pods.a1;
  for (const linkLocal of ['169.254.169.254', '169.254.1.1', '224.0.0.1'])
    sendRaw(netns, volley({ source, destination: linkLocal }));
  // A router in the same network, as one that the pod would like to have.
  configure(netns, `route add ${destination} via 169.254.1.1 dev eth0 onlink`);
  await datagrams(netns, destination, { waitMs: 100 });
  assertSources(rig, destination, [], { isSilent: true });
});

test('the link-local address of its node leads a pod’s IPv6 no further', async () => {
  const destination = `${internet.network6}:a`;
  const { netns } = rig.pods.a1;
  configure(netns, `route add ${destination}/128 via ${linkLocalRouter('a1')} dev eth0`);
  await datagrams(netns, destination, { isIpv6: true, count: volleySize, waitMs: 100 });
  assertSources(rig, destination, [], { isSilent: true });
  const other = `${internet.network6}:b`;
  configure(rig.pods.u1.netns, `route add ${other}/128 via ${linkLocalRouter('u1')} dev eth0`);
  await datagrams(rig.pods.u1.netns, other, { isIpv6: true, waitMs: 100 });
  assert.equal(rig.fabric.sourcesOf(other).get(rig.pods.u1.address6), 5);
});

/** The node's end of the pod's link. */
function linkLocalRouter(name: PodName): string {
  const listed = runIn(rig.workers[1].netns, 'ip', '-6', 'address', 'show', 'dev', rig.pods[name].veth);
  const [address] = /fe80::[\da-f:]+/.exec(listed) ?? [];
  assert.ok(address);
  return address;
}

test('a hostile gateway reaches neither a pod nor the worker nor another node through the tunnel', async () => {
  const gateway = rig.gateways[1];
  await openHostile();
  const before = await rig.workers[1].counted('fromtun');
  const received: string[] = [];
  const victims = [rig.pods.a1, rig.pods.u1].map(({ netns }) => openUdp(netns, { port: 49_000 }));
  for (const socket of victims) socket.on('message', (message) => received.push(String(message)));
  const targets = [rig.pods.a1.address, rig.pods.u1.address, workerAddress(1), workerAddress(2), rig.pods.c1.address];
  for (const destination of targets)
    sendRaw(gateway.node.gatewayPath, volley({ source: rig.destination(), destination }, 49_000));
  await pollUntil(
    'all are dropped',
    async () => (await rig.workers[1].counted('fromtun')) - before >= targets.length * volleySize || undefined,
    { timeoutMs: 5000 },
  );
  for (const socket of victims) socket.close();
  assert.deepEqual(received, []);
  assert.equal((await rig.workers[1].counted('fromtun')) - before, targets.length * volleySize);
  await gateway.restore();
});

/** Its rules are gone, and whatever it sends goes to worker 1. */
async function openHostile(): Promise<void> {
  const gateway = rig.gateways[1];
  const { namespace, gatewayDevice } = gateway.settings;
  const { links } = namespaceOf(await gateway.host.observe(gateway.scope), namespace);
  const tunnel = links.find((link) => link.kind === 'wireguard');
  assert.ok(tunnel);
  const peers = tunnel.peers.filter(({ publicKey }) => publicKey === rig.workers[1].inputs.publicKey);
  const { publicKey, listenPort } = tunnel;
  const everywhere = peers.map((peer) => ({ ...peer, allowedIps: ['0.0.0.0/0'] }));
  const steps: Step[] = [
    { namespace, kind: 'nft', transaction: { kind: 'remove', table: 'segw' } },
    { namespace, kind: 'configure-wireguard', device: gatewayDevice, publicKey, listenPort, removedPeers: [], peers: everywhere },
    {
      namespace,
      kind: 'ensure-route',
      route: { kind: 'device', destination: '10.0.0.0/8', table: 254, metric: 0, device: gatewayDevice },
    },
  ];
  for (const step of steps) await gateway.host.apply(step);
}

const insides: readonly (readonly [what: string, destination: string, counter: string])[] = [
  ['another worker’s label', labelOf(2, 'a'), 'unauth'],
  ['the probe address in the tunnel', '100.127.255.254', 'unauth'],
  ['an egress address', egressOf.a[0], 'inbound'],
];

for (const [what, destination, counter] of insides)
  test(`what a pod sends to ${what} is dropped by the gateway`, async () => {
    const { netns, address: source } = rig.pods.a1;
    const dropped = async () => {
      const counts = [1, 2] as const;
      const found = await Promise.all(
        counts.map((number) => rig.gateways[number].counted(counter, rig.gateways[number].settings.namespace)),
      );
      return found.reduce((sum, each) => sum + each, 0);
    };
    const before = await dropped();
    sendRaw(netns, volley({ source, destination }));
    await pollUntil('all are dropped', async () => (await dropped()) - before >= volleySize || undefined, { timeoutMs: 5000 });
    assert.equal((await dropped()) - before, volleySize);
  });
