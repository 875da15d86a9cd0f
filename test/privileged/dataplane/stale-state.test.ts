import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, beforeEach, test } from 'node:test';
import { forgetAddress } from '../../../src/dataplane/attachment.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import type { AttachedPod, WorkerInputs } from '../../../src/dataplane/model.ts';
import { desiredGateway } from '../../../src/dataplane/desired-gateway.ts';
import { staleFlows } from '../../../src/dataplane/stale-flows.ts';
import type { GatewayInputs } from '../../../src/dataplane/model.ts';
import { settle, underTraffic } from '../../support/dataplane/rig/barrage.ts';
import { ports } from '../../support/dataplane/rig/fabric.ts';
import { openUdp } from '../../support/dataplane/rig/pod-client.ts';
import { startAgent, type RigAgent } from '../../support/dataplane/rig/rig-agent.ts';
import { assertSources, egressOf, openRig, type PodName, type Rig, type RigWorker } from '../../support/dataplane/rig/rig.ts';
import { without } from '../../support/dataplane/rig/rig-node.ts';
import { pod } from '../../support/dataplane/worlds.ts';
import { runIn } from '../linux/namespaces.ts';

let rig: Rig;
let worker: RigWorker;
/** Both SGCs send everything through their gateways. */
let inputs: WorkerInputs;

before(async () => {
  rig = await openRig();
  worker = rig.workers[1];
  const sgcs = worker.inputs.sgcs.map((sgc) => ({ ...sgc, excludeCidrs: [], defaultRoute: 'staticEgressGateway' as const }));
  inputs = { ...worker.inputs, sgcs };
});

after(async () => {
  await rig.close();
});

beforeEach(async () => {
  await worker.carry(inputs);
});

/** The same pods, one of them for another SGC, or new, or in another phase. */
function withPod(name: PodName, changes: Partial<AttachedPod>): WorkerInputs {
  const { veth, address } = rig.pods[name];
  const others = inputs.pods.filter((each) => each.address !== address);
  const before = inputs.pods.find((each) => each.address === address) ?? pod(0, { uid: name, veth, address });
  return { ...inputs, pods: [...others, { ...before, ...changes }] };
}

/** Left is: a source that is one of the worker's labels may pass. */
const pairs = without(/ct reply ip daddr != @pair/, /counter name badsrc drop/);
for (const isGuarded of [true, false])
  test(`a pod address that another SGC’s pod gets ${isGuarded ? 'sends nothing by' : 'sends by the first SGC’s egress address without'} the guard of pairs`, async () => {
    const destination = rig.destination();
    const flow = openFlow('a1', destination, 40_001);
    try {
      await flow.answered();
      await settle();
      const old = seenBy(destination, egressOf.a);
      await worker.carry(withPod('a1', { uid: 'new', sgc: 'team/b' }), ...(isGuarded ? [] : [pairs]));
      flow.send(5);
      await (isGuarded ? assertNoMore(destination, old) : untilMore(destination, old));
      assert.equal(seenBy(destination, egressOf.b), 0);
      await worker.host.apply(forgetAddress(rig.pods.a1.address));
      await flow.answered();
      assert.ok(seenBy(destination, egressOf.b) > 0);
      assertSources(rig, destination, [...egressOf.a, ...egressOf.b]);
    } finally {
      flow.close();
    }
  });

for (const isGuarded of [true, false])
  test(`a label that another SGC gets ${isGuarded ? 'sends nothing by' : 'sends by the first SGC’s egress address without'} the gateway’s guard of pairs`, async () => {
    const destination = rig.destination();
    const flow = openFlow('a1', destination, isGuarded ? 40_002 : 40_003);
    const gateways = [rig.gateways[1], rig.gateways[2]];
    try {
      await flow.answered();
      await settle();
      const old = seenBy(destination, egressOf.a);
      for (const gateway of gateways)
        await gateway.carry(
          swapped(gateway.inputs),
          ...(isGuarded ? [] : [without(/^oifname "host0" counter name badsrc drop$/)]),
        );
      flow.send(5);
      await (isGuarded ? assertNoMore(destination, old) : untilMore(destination, old));
      assert.equal(seenBy(destination, egressOf.b), 0);
      for (const gateway of gateways) {
        const states = [gateway.inputs, swapped(gateway.inputs)].map((each) => desiredGateway(each, gateway.settings));
        const [from = { namespaces: [] }, to = from] = states;
        for (const step of staleFlows(from, to)) await gateway.host.apply(step);
      }
      await flow.answered();
      assert.ok(seenBy(destination, egressOf.b) > 0);
      assertSources(rig, destination, [...egressOf.a, ...egressOf.b]);
    } finally {
      flow.close();
      for (const gateway of gateways) {
        await gateway.restore();
        runIn(gateway.node.gatewayPath, 'conntrack', '-F');
      }
    }
  });

/** The labels of the two SGCs have changed hands. */
function swapped(gateway: GatewayInputs): GatewayInputs {
  const other = (sgc: string) => (sgc === 'team/a' ? 'team/b' : 'team/a');
  const workers = gateway.workers.map((each) => ({
    ...each,
    labels: each.labels.map(({ address, sgc }) => ({ address, sgc: other(sgc) })),
  }));
  return { ...gateway, workers };
}

test('a flow from an address that the agent gives to another SGC’s pod goes by that SGC’s egress address at once', async () => {
  const destination = rig.destination();
  const flow = openFlow('a1', destination, 40_004);
  try {
    await flow.answered();
    await settle();
    const old = seenBy(destination, egressOf.a);
    await withAgent(async ({ plane }) => {
      await plane.carry(withPod('a1', { uid: 'new', sgc: 'team/b' }));
      await plane.settled();
      await flow.answered();
    });
    assert.equal(seenBy(destination, egressOf.a), old);
  } finally {
    flow.close();
  }
});

test('of a gateway that is no longer there datagrams go on by another one, and connections end', async () => {
  const destination = rig.destination();
  const report = await withAgent(async ({ plane }) => {
    let remaining = '';
    const traffic = await underTraffic(rig, rig.pods.a1, destination, async () => {
      const [used = ''] = rig.fabric.sourcesOf(destination).keys();
      remaining = egressOf.a.find((address) => address !== used) ?? '';
      const gateways = inputs.gateways.filter(({ number }) => egressOf.a[number - 1] === remaining);
      await plane.carry({ ...inputs, gateways });
      await plane.settled();
      const before = seenBy(destination, [remaining]);
      await pollUntil('datagrams by the other', () => seenBy(destination, [remaining]) > before + 100 || undefined, {
        timeoutMs: 10_000,
        intervalMs: 20,
      });
      await sleep(200);
    });
    return traffic;
  });
  assertSources(rig, destination, egressOf.a);
  assert.deepEqual(
    report.tcp.filter(({ ended }) => ended === undefined).map(({ kind }) => kind),
    [],
    'connections that hang',
  );
  assert.deepEqual(
    report.udp.filter(({ answeredMs, sent }) => answeredMs.length < sent / 2),
    [],
    'datagrams that are refused',
  );
});

/** An agent that carries the inputs. */
async function withAgent<T>(section: (agent: RigAgent) => Promise<T>): Promise<T> {
  const agent = startAgent(worker);
  try {
    await agent.plane.carry(inputs);
    return await section(agent);
  } finally {
    await agent.kill();
  }
}

/** One UDP flow, always from the same port. */
function openFlow(name: PodName, destination: string, port: number) {
  const { netns, address } = rig.pods[name];
  const socket = openUdp(netns, { source: address, port });
  let answers = 0;
  socket.on('message', () => (answers += 1));
  const send = (count: number) => {
    for (let sent = 0; sent < count; sent += 1) socket.send('flow', ports.echo, destination, () => undefined);
  };
  return {
    send,
    async answered() {
      const before = answers;
      await pollUntil('an answer', () => (send(1), answers > before || undefined), { timeoutMs: 5000, intervalMs: 20 });
    },
    close: () => socket.close(),
  };
}

/** No packet of SGC `a` has followed those. */
async function assertNoMore(destination: string, old: number): Promise<void> {
  await sleep(100);
  assert.equal(seenBy(destination, egressOf.a), old);
}

async function untilMore(destination: string, old: number): Promise<void> {
  await pollUntil('a packet of SGC a', () => seenBy(destination, egressOf.a) > old || undefined, {
    timeoutMs: 5000,
    intervalMs: 20,
  });
}

function seenBy(destination: string, sources: readonly string[]): number {
  const seen = rig.fabric.sourcesOf(destination);
  return sources.reduce((sum, source) => sum + (seen.get(source) ?? 0), 0);
}
