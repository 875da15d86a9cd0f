import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { pollUntil } from '../../../src/base/poll.ts';
import { connectInNetns } from '../../../src/linux/netns-connection.ts';
import { settle } from '../../support/dataplane/rig/barrage.ts';
import { configure, plug, ports, serverAddress } from '../../support/dataplane/rig/fabric.ts';
import { nodePorts, services } from '../../support/dataplane/rig/foreign-rules.ts';
import { cut, echoRequest, uncuttable } from '../../support/dataplane/rig/packets.ts';
import { askConnected, connect, datagrams, listenRaw, openUdp, sendRaw } from '../../support/dataplane/rig/pod-client.ts';
import { Namespaces } from '../linux/namespaces.ts';
import { startPodServer } from '../../support/dataplane/rig/pod-server.ts';
import {
  assertSources,
  egressOf,
  gatewayAddress,
  openRig,
  workerAddress,
  type PodName,
  type Rig,
} from '../../support/dataplane/rig/rig.ts';
import { without } from '../../support/dataplane/rig/rig-node.ts';

let rig: Rig;

before(async () => {
  rig = await openRig();
});

after(async () => {
  await rig.close();
});

const probeAddress = '100.127.255.254';

test('each pod leaves by one egress address of its own SGC', async () => {
  for (const [name, right] of [
    ['a1', egressOf.a],
    ['a2', egressOf.a],
    ['c1', egressOf.a],
    ['b1', egressOf.b],
  ] as const) {
    const destination = rig.destination({ isExcluded: name === 'b1' });
    await reach(name, destination);
    assertSources(rig, destination, right);
    assert.equal(rig.fabric.sourcesOf(destination).size, 1);
  }
});

test('a pod without a gateway, and the host, leave by their node’s address', async () => {
  const destination = rig.destination();
  await reach('u1', destination);
  assert.equal(await connect(rig.workers[1].netns, destination, { from: workerAddress(1) }), 'answered');
  assertSources(rig, destination, [workerAddress(1)]);
});

test('a pod that happens to use the ports of the tunnels leaves as any other', async () => {
  const [workerPort, gatewayPort] = [6101, 6000];
  const sockets = [workerPort, gatewayPort].map((port) => openUdp(rig.fabric.internet, { source: serverAddress, port }));
  for (const socket of sockets) socket.on('message', (message, { port, address }) => socket.send(message, port, address));
  try {
    for (const [name, right] of [
      ['a1', egressOf.a],
      ['u1', [workerAddress(1)]],
    ] as const) {
      const [destination, { netns, address: source }] = [rig.destination(), rig.pods[name]];
      const asWorker = { source, port: gatewayPort, destinationPort: workerPort };
      assert.equal(await datagrams(netns, destination, asWorker), 5);
      assertSources(rig, destination, right);
    }
  } finally {
    for (const socket of sockets) socket.close();
  }
});

test('a pod on a gateway node leaves by that node’s address, whatever ports it uses', async () => {
  const namespaces = new Namespaces();
  const netns = namespaces.create('pod');
  const server = openUdp(rig.fabric.internet, { source: serverAddress, port: 6000 });
  server.on('message', (message, { port, address }) => server.send(message, port, address));
  try {
    plug(rig.gateways[1].netns, 'pod', netns);
    configure(rig.gateways[1].netns, 'address add 10.244.7.1/32 dev pod', 'route add 10.244.7.2 dev pod');
    configure(
      netns,
      'address add 10.244.7.2/32 dev eth0',
      'link set eth0 up',
      'route add 10.244.7.1 dev eth0',
      'route add default via 10.244.7.1',
    );
    for (const destinationPort of [ports.echo, 6000]) {
      const destination = rig.destination();
      // A new link takes a moment to carry.
      await pollUntil('answers', async () => (await datagrams(netns, destination, { destinationPort })) === 5 || undefined, {
        timeoutMs: 10_000,
      });
      assertSources(rig, destination, [gatewayAddress(1)]);
    }
  } finally {
    server.close();
    namespaces.remove();
  }
});

test('pods reach pods, on their own node and on another, with their own addresses', async () => {
  for (const name of ['u1', 'a2', 'u2', 'c1'] as const) {
    const server = await startPodServer(rig.pods[name]);
    try {
      await reach('a1', rig.pods[name].address);
      assert.deepEqual(server.clients(), [rig.pods.a1.address]);
    } finally {
      await server.stop();
    }
  }
});

test('a service whose backend is a pod is reached with the pod’s own address', async () => {
  const server = await startPodServer(rig.pods.u2);
  try {
    await reach('a1', services.inside.address);
    assert.deepEqual(server.clients(), [rig.pods.a1.address]);
  } finally {
    await server.stop();
  }
});

for (const [what, { address, backend }] of [
  ['outside', services.outside],
  ['outside that kube-proxy masquerades', services.masqueraded],
] as const)
  test(`a service whose backend is ${what} is reached by the egress address`, async () => {
    await reach('a1', address);
    assertSources(rig, backend, egressOf.a);
  });

test('the host reaches the same service by its own address', async () => {
  const { address, backend } = services.outside;
  assert.equal(await connect(rig.workers[2].netns, address, { from: workerAddress(2) }), 'answered');
  assert.ok(rig.fabric.sourcesOf(backend).has(workerAddress(2)));
});

const inbound: readonly (readonly [
  what: string,
  from: () => readonly [netns: string, address: string],
  to: () => string,
  port: number,
])[] = [
  ['its own host', () => [rig.workers[1].netns, workerAddress(1)], () => rig.pods.a1.address, ports.echo],
  ['another host', () => [rig.workers[2].netns, workerAddress(2)], () => rig.pods.a1.address, ports.echo],
  ['a pod of another node', () => [rig.pods.u2.netns, rig.pods.u2.address], () => rig.pods.a1.address, ports.echo],
  ['another pod by a node port', () => [rig.pods.u2.netns, rig.pods.u2.address], () => workerAddress(1), nodePorts.kept],
  [
    'another pod by a masqueraded node port',
    () => [rig.pods.u2.netns, rig.pods.u2.address],
    () => workerAddress(1),
    nodePorts.masqueraded,
  ],
  ['the internet by a node port', () => [rig.fabric.internet, serverAddress], () => workerAddress(1), nodePorts.kept],
  [
    'the internet by a masqueraded node port',
    () => [rig.fabric.internet, serverAddress],
    () => workerAddress(1),
    nodePorts.masqueraded,
  ],
];

for (const [what, from, to, port] of inbound)
  test(`a connection to an attached pod from ${what} is answered by the way it came`, async () => {
    const server = await startPodServer(rig.pods.a1);
    try {
      const [netns, address] = from();
      for (let round = 0; round < 10; round += 1) assert.equal(await connect(netns, to(), { from: address, port }), 'answered');
      assert.equal(await datagrams(netns, to(), { source: address, destinationPort: port }), 5);
    } finally {
      await server.stop();
    }
  });

for (const size of [1200, 1392, 1393, 1473, 3000, 30_000])
  test(`datagrams of ${String(size)} bytes arrive both ways`, async () => {
    const destination = rig.destination();
    await pollUntil(
      'answers',
      async () => (await datagrams(rig.pods.a1.netns, destination, { size, count: 3 })) === 3 || undefined,
      {
        timeoutMs: 10_000,
      },
    );
    assertSources(rig, destination, egressOf.a);
  });

test('a ping of 3,000 bytes is answered', async () => {
  const destination = rig.destination();
  const { netns, address: source } = rig.pods.a1;
  const ears = listenRaw(netns, 1);
  try {
    sendRaw(netns, cut(echoRequest({ source, destination }, 3000), 1000));
    const isAnswer = (packet: Buffer) => packet[20] === 0 && packet.subarray(12, 16).join('.') === destination;
    await pollUntil('an echo', () => ears.received().some(isAnswer) || undefined, { timeoutMs: 5000, intervalMs: 20 });
  } finally {
    ears.close();
  }
});

test('a packet that may not be cut and does not fit is told of, with the tunnel’s size', async () => {
  const { netns, address: source } = rig.pods.a1;
  const destination = rig.destination();
  const ears = listenRaw(netns, 1);
  try {
    sendRaw(netns, [uncuttable(echoRequest({ source, destination }, 1397))]);
    const told = await pollUntil('an ICMP error', () => ears.received().find((each) => each[20] === 3 && each[21] === 4), {
      timeoutMs: 5000,
      intervalMs: 20,
    });
    assert.equal(told.readUInt16BE(26), 1420);
  } finally {
    ears.close();
  }
});

test('a server whose answer may not be cut is told so by the egress address', async () => {
  const { netns, address } = rig.pods.a1;
  // What it has learnt of the path.
  configure(rig.fabric.internet, 'route flush cache');
  const ears = listenRaw(rig.fabric.internet, 1);
  const [client, server] = [
    openUdp(netns, { source: address }),
    openUdp(rig.fabric.internet, { source: serverAddress, port: 4500, isUncuttable: true }),
  ];
  try {
    server.once('message', (_, { port, address: sender }) => server.send(Buffer.alloc(1472), port, sender));
    client.send('?', 4500, rig.destination());
    const told = await pollUntil('an ICMP error', () => ears.received().find((each) => each[20] === 3 && each[21] === 4), {
      timeoutMs: 5000,
      intervalMs: 20,
    });
    assert.ok([...egressOf.a].some((each) => each === told.subarray(12, 16).join('.')));
    assert.equal(told.readUInt16BE(26), 1420);
  } finally {
    for (const socket of [client, server]) socket.close();
    ears.close();
  }
});

test('TCP is told segments that fit the tunnel, and moves data both ways', async () => {
  assert.deepEqual(await announcedSegments(), { byPod: 1380, byServer: 1380 });
  assert.equal(await download(), true);
});

test('without the clamp, TCP finds the size of the path by itself', async () => {
  await rig.workers[1].during([without(/tcp option maxseg/)], async () => {
    assert.equal((await announcedSegments()).byPod, 1460);
    assert.equal(await download(), true);
  });
});

test('ICMP errors of the server and of routers on the way reach the pod', async () => {
  const destination = rig.destination();
  const { netns, address } = rig.pods.a1;
  assert.equal(await askConnected(netns, destination, { source: address, destinationPort: 4444 }), 'ECONNREFUSED');
  assert.equal(await connect(netns, destination, { from: address, port: 4444 }), 'ECONNREFUSED');
  const hops: string[] = [];
  for (const ttl of [1, 2, 3, 4]) hops.push(await hop(ttl, destination));
  const gateway = hops[2];
  assert.deepEqual(hops, ['10.244.1.1', probeAddress, gateway, '10.224.0.1']);
  assert.ok([gatewayAddress(1), gatewayAddress(2)].includes(gateway ?? ''));
});

test('while no gateway is alive, datagrams and 40 connections at once are told so, also those to a service', async () => {
  const worker = rig.workers[1];
  const gateways = worker.inputs.gateways.map((gateway) => ({ ...gateway, state: 'dead' as const }));
  await worker.carry({ ...worker.inputs, gateways });
  try {
    const { netns, address } = rig.pods.a1;
    assert.equal(await askConnected(netns, rig.destination(), { source: address }), 'EHOSTUNREACH');
    assert.equal(await askConnected(netns, services.outside.address, { source: address }), 'EHOSTUNREACH');
    assert.equal(await connect(netns, services.outside.address, { from: address }), 'ECONNREFUSED');
    const refused = Array.from({ length: 40 }, () => connect(netns, rig.destination(), { from: address }));
    assert.deepEqual(new Set(await Promise.all(refused)), new Set(['ECONNREFUSED']));
  } finally {
    await worker.restore();
  }
});

/** By TCP and UDP. */
async function reach(name: PodName, destination: string): Promise<void> {
  const { netns, address } = rig.pods[name];
  assert.equal(await datagrams(netns, destination), 5);
  assert.equal(await connect(netns, destination, { from: address }), 'answered');
}

/** Who says that a packet has gone too far. */
async function hop(ttl: number, destination: string): Promise<string> {
  const { netns, address } = rig.pods.a1;
  const ears = listenRaw(netns, 1);
  const socket = openUdp(netns, { source: address, ttl });
  try {
    socket.send('x', 33_434, destination);
    const told = await pollUntil(`an answer from hop ${String(ttl)}`, () => ears.received().find((each) => each[20] === 11), {
      timeoutMs: 5000,
      intervalMs: 10,
    });
    return told.subarray(12, 16).join('.');
  } finally {
    socket.close();
    ears.close();
  }
}

/** The largest segments that the two ends of a new connection tell each other, as they arrive. */
async function announcedSegments(): Promise<{ byPod: number; byServer: number }> {
  const { netns, address } = rig.pods.a1;
  const destination = rig.destination();
  const [atServer, atPod] = [listenRaw(rig.fabric.internet, 6), listenRaw(netns, 6)];
  try {
    assert.equal(await connect(netns, destination, { from: address }), 'answered');
    await settle();
    return { byPod: segmentOf(atServer.received()), byServer: segmentOf(atPod.received()) };
  } finally {
    atServer.close();
    atPod.close();
  }
}

/** The option comes first (RFC 9293, 3.2). */
function segmentOf(packets: readonly Buffer[]): number {
  const syn = packets.find((packet) => ((packet[33] ?? 0) & 2) !== 0);
  assert.ok(syn);
  assert.equal(syn[40], 2);
  return syn.readUInt16BE(42);
}

/** Sends more than a window both ways. */
async function download(): Promise<boolean> {
  const { netns, address } = rig.pods.a1;
  const socket = connectInNetns(netns, { from: address, address: rig.destination(), port: ports.echo });
  const size = 1_000_000;
  try {
    await once(socket, 'connect');
    socket.write(Buffer.alloc(size, 'd'));
    let received = 0;
    for await (const chunk of socket) {
      received += chunk instanceof Buffer ? chunk.length : 0;
      if (received >= size) return true;
    }
    return false;
  } finally {
    socket.destroy();
  }
}
