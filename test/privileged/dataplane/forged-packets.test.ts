import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { pollUntil } from '../../../src/base/poll.ts';
import { settle, volley, volleySize } from '../../support/dataplane/rig/barrage.ts';
import { configure, ports } from '../../support/dataplane/rig/fabric.ts';
import { nodePorts } from '../../support/dataplane/rig/foreign-rules.ts';
import { cut, portUnreachable, tcpPacket, udpPacket } from '../../support/dataplane/rig/packets.ts';
import { connect, datagrams, openUdp, sendRaw } from '../../support/dataplane/rig/pod-client.ts';
import {
  assertSources,
  egressOf,
  labelOf,
  openRig,
  untilWrong,
  workerAddress,
  wrongSources,
  type PodName,
  type Rig,
} from '../../support/dataplane/rig/rig.ts';
import { without, withoutTable, type Change } from '../../support/dataplane/rig/rig-node.ts';

let rig: Rig;

before(async () => {
  rig = await openRig();
});

after(async () => {
  await rig.close();
});

const lies: readonly (readonly [what: string, liar: PodName, source: () => string])[] = [
  ['an attached pod as another pod of its SGC', 'a1', () => rig.pods.a2.address],
  ['an attached pod as a pod of another SGC', 'a1', () => rig.pods.b1.address],
  ['an attached pod as a pod without a gateway', 'a1', () => rig.pods.u1.address],
  ['an attached pod as anybody', 'a1', () => '9.9.9.9'],
  ['an attached pod as its node', 'a1', () => workerAddress(1)],
  ['an attached pod as its label', 'a1', () => labelOf(1, 'a')],
  ['a pod without a gateway as one that has one', 'u1', () => rig.pods.a1.address],
  ['a pod without a gateway as a label', 'u1', () => labelOf(1, 'a')],
];

for (const [what, liar, source] of lies)
  test(`what ${what} sends is dropped before anybody follows it`, async () => {
    const destination = rig.destination();
    const before = await rig.workers[1].counted('spoof');
    sendRaw(rig.pods[liar].netns, volley({ source: source(), destination }));
    await settle();
    assertSources(rig, destination, [], { isSilent: true });
    assert.equal((await rig.workers[1].counted('spoof')) - before, volleySize);
  });

test('without the rules against spoofing a pod leaves by another SGC’s egress address, and as anybody’s peer', async () => {
  await rig.workers[1].during([without(/counter name spoof drop/, /ct original ip saddr != @podif/)], async () => {
    const destination = rig.destination();
    sendRaw(rig.pods.a1.netns, volley({ source: rig.pods.b1.address, destination }));
    await untilWrong(rig, destination, egressOf.a);
    const another = rig.destination();
    sendRaw(rig.pods.u1.netns, volley({ source: rig.pods.a1.address, destination: another }));
    await untilWrong(rig, another, []);
  });
});

const reversePath = /counter name rpf drop/;

test('an inbound connection from the internet that a neighbour forges gets no answer out', async () => {
  const internetHost = rig.destination();
  await forgeInbound(internetHost);
  await settle();
  assertSources(rig, internetHost, [], { isSilent: true });
});

test('without the reverse-path rule the answers leave, by the node’s address and by the pod’s own', async () => {
  const internetHost = rig.destination();
  await rig.workers[1].during([without(reversePath)], async () => {
    await forgeInbound(internetHost);
    await pollUntil('both leaks', () => wrongSources(rig, internetHost, []).length >= 2 || undefined, { timeoutMs: 5000 });
  });
  const sources = wrongSources(rig, internetHost, []).map(([source]) => source);
  assert.deepEqual(sources.sort(), [workerAddress(1), rig.pods.a1.address].sort());
});

/** To the pod itself, and to a node port that leads to it. */
async function forgeInbound(internetHost: string): Promise<void> {
  const { u1, a1 } = rig.pods;
  const server = openUdp(a1.netns, { port: ports.echo });
  server.on('message', (message, { port, address }) => server.send(message, port, address));
  sendRaw(u1.netns, volley({ source: internetHost, destination: a1.address }, ports.echo, 42_000));
  sendRaw(u1.netns, volley({ source: internetHost, destination: workerAddress(1) }, nodePorts.kept, 43_000));
  await sleep(50);
  server.close();
}

const blockRule = /^iifname != "\S+" ip daddr 100\.64\.4\.0\/22 counter name spoof drop$/;
const injections: readonly (readonly [what: string, changes: readonly Change[], isDelivered: boolean])[] = [
  ['with both rules', [], false],
  ['with the rule for labels alone', [without(reversePath)], false],
  ['with the reverse-path rule alone', [without(blockRule)], false],
  ['with neither of the two rules', [without(reversePath, blockRule)], true],
];

for (const [what, changes, isDelivered] of injections)
  test(`${what}, a packet that a neighbour forges from the server to the label is ${isDelivered ? '' : 'not '}delivered`, async () => {
    const server = rig.destination();
    await rig.workers[1].during(changes, async () => {
      const received: string[] = [];
      const socket = openUdp(rig.pods.a1.netns, { source: rig.pods.a1.address, port: 44_000 });
      socket.on('message', (message) => received.push(String(message)));
      try {
        socket.send('question', ports.echo, server);
        await pollUntil('the true answer', () => received.includes('question') || undefined, { timeoutMs: 5000, intervalMs: 10 });
        const ends = { source: server, destination: labelOf(1, 'a') };
        sendRaw(rig.pods.u1.netns, [udpPacket(ends, { sourcePort: ports.echo, destinationPort: 44_000 }, Buffer.from('forged'))]);
        await settle();
        assert.equal(received.includes('forged'), isDelivered);
      } finally {
        socket.close();
      }
    });
  });

const guard = [without(/^goto refuse$|vmap @guard/), withoutTable('segw_lock')];
const unfollowed = /ct state invalid,untracked/;

test('what conntrack does not follow stays in, also without the guard of forwarded packets', async () => {
  const destination = rig.destination();
  sendInvalid(destination);
  await rig.workers[1].during(guard, async () => {
    sendInvalid(destination);
    await settle();
  });
  assertSources(rig, destination, [], { isSilent: true });
});

test('without the guard of sources as well, it leaves by the pod’s own address', async () => {
  const destination = rig.destination();
  await rig.workers[1].during([...guard, without(unfollowed)], async () => {
    sendInvalid(destination);
    await untilWrong(rig, destination, []);
  });
});

function sendInvalid(destination: string): void {
  const { netns, address: source } = rig.pods.a1;
  const some = { sourcePort: 45_000, destinationPort: 9 };
  const packet = tcpPacket({ source, destination }, some, ['syn'], 0x55);
  sendRaw(
    netns,
    Array.from({ length: volleySize }, () => packet),
  );
}

test('a connection that begins in pieces of eight bytes leaves by the egress address', async () => {
  const destination = rig.destination();
  const { netns, address: source } = rig.pods.a1;
  const pieces = cut(tcpPacket({ source, destination }, { sourcePort: 46_000, destinationPort: ports.echo }, ['syn']), 8);
  for (const order of [pieces, pieces.toReversed(), [...pieces, ...pieces], pieces.slice(0, 1), pieces.slice(1)])
    sendRaw(netns, order);
  await settle();
  assertSources(rig, destination, egressOf.a);
});

test('an ICMP error of a pod about its own connection leaves by the egress address', async () => {
  const destination = rig.destination();
  const { netns, address: source } = rig.pods.a1;
  assert.equal(await datagrams(netns, destination, { source, port: 47_000, count: 1 }), 1);
  const answer = udpPacket(
    { source: destination, destination: source },
    { sourcePort: ports.echo, destinationPort: 47_000 },
    Buffer.from('late'),
  );
  sendRaw(netns, [portUnreachable({ source, destination }, answer)]);
  await settle();
  assertSources(rig, destination, egressOf.a);
});

interface OtherConnection {
  readonly what: string;
  readonly pod: PodName;
  readonly isInbound?: boolean;
}

const others: readonly OtherConnection[] = [
  { what: 'that a pod without a gateway has begun', pod: 'u1' },
  { what: 'that a pod of another SGC has begun', pod: 'b1' },
  { what: 'that has come in to another pod', pod: 'u1', isInbound: true },
];

for (const { what, pod, isInbound = false } of others)
  test(`an ICMP error about a connection ${what} leaves only when that pod sends it`, async () => {
    const own = rig.pods[pod];
    const internetHost = rig.destination();
    const { inputs } = rig.workers[1];
    const everything = { excludeCidrs: [], defaultRoute: 'staticEgressGateway' } as const;
    // Both SGCs reach it by their gateways.
    await rig.workers[1].carry({ ...inputs, sgcs: inputs.sgcs.map((sgc) => ({ ...sgc, ...everything })) });
    const port = await haveConnection(pod, internetHost, isInbound);
    const received = udpPacket(
      { source: internetHost, destination: own.address },
      { sourcePort: port, destinationPort: 48_000 },
      Buffer.from('x'),
    );
    const { netns, address: source } = rig.pods.a1;
    sendRaw(netns, [portUnreachable({ source, destination: internetHost }, received)]);
    await settle();
    assert.deepEqual([...rig.fabric.icmpSourcesOf(internetHost)], []);
    sendRaw(own.netns, [portUnreachable({ source: own.address, destination: internetHost }, received)]);
    await pollUntil('its own', () => rig.fabric.icmpSourcesOf(internetHost).size === 1 || undefined, { timeoutMs: 5000 });
    await rig.workers[1].restore();
  });

/** Between port 48,000 of the pod and the port of the internet host that this returns. */
async function haveConnection(name: PodName, internetHost: string, isInbound: boolean): Promise<number> {
  const { netns, address } = rig.pods[name];
  if (!isInbound) {
    await pollUntil(
      'an answer',
      async () => (await datagrams(netns, internetHost, { source: address, port: 48_000, count: 1 })) || undefined,
      { timeoutMs: 5000 },
    );
    return ports.echo;
  }
  const server = openUdp(netns, { source: address, port: 48_000 });
  server.on('message', (message, { port, address: client }) => server.send(message, port, client));
  const asked = { source: internetHost, port: 48_001, destinationPort: 48_000, count: 1 };
  assert.equal(await datagrams(rig.fabric.internet, address, asked), 1);
  server.close();
  return 48_001;
}

test('a pod with NET_ADMIN that gives itself addresses and routes has no other way out', async () => {
  const { netns, address } = rig.pods.a2;
  const destination = rig.destination();
  const stolen = [rig.pods.a1.address, rig.pods.b1.address, workerAddress(1), labelOf(1, 'a'), '9.9.9.9'];
  configure(netns, ...stolen.map((each) => `address add ${each}/32 dev eth0`));
  for (const source of stolen) {
    await datagrams(netns, destination, { source, waitMs: 100 });
    assert.notEqual(await connect(netns, destination, { from: source, timeoutMs: 100 }), 'answered');
  }
  configure(netns, 'route replace default via 10.244.1.1 src 9.9.9.9');
  await datagrams(netns, destination, { waitMs: 100 });
  assertSources(rig, destination, [], { isSilent: true });
  configure(netns, 'route replace default via 10.244.1.1', ...stolen.map((each) => `address delete ${each}/32 dev eth0`));
  await pollUntil(
    'its own way again',
    async () => (await datagrams(netns, destination, { source: address, waitMs: 100 })) || undefined,
    {
      timeoutMs: 5000,
    },
  );
  assertSources(rig, destination, egressOf.a);
});
