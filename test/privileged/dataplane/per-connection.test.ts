import assert from 'node:assert/strict';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { failover } from '../../../src/dataplane/failover.ts';
import type { GatewayState, WorkerInputs } from '../../../src/dataplane/model.ts';
import { ports } from '../../support/dataplane/rig/fabric.ts';
import { connect, datagrams, openUdp } from '../../support/dataplane/rig/pod-client.ts';
import { egressOf, openRig, type Rig } from '../../support/dataplane/rig/rig.ts';

/** Of the SGC `a`, by the number of the gateway. */
const [byFirst, bySecond] = egressOf.a;
const connections = 40;
const answerMs = 2000;

let rig: Rig;
let state: WorkerInputs;

before(async () => {
  rig = await openRig();
  state = inputs('ready', 'ready');
  await rig.workers[1].carry(state);
});

after(async () => {
  await rig.close();
});

function inputs(...states: readonly [GatewayState, GatewayState]): WorkerInputs {
  const { inputs: whole } = rig.workers[1];
  return {
    ...whole,
    sgcs: whole.sgcs.map((sgc) => ({ ...sgc, spread: 'perConnection' })),
    gateways: whole.gateways.map((gateway, index) => ({ ...gateway, state: states[index] ?? 'dead' })),
  };
}

/** As the agent does at a verdict. */
async function turn(...states: readonly [GatewayState, GatewayState]): Promise<void> {
  const next = inputs(...states);
  const { host, settings } = rig.workers[1];
  for (const step of failover(state, next, settings)) await host.apply(step);
  state = next;
}

/** How many of new connections, one after the other, leave by each address. */
async function spreadOf(count: number): Promise<Map<string, number>> {
  const { netns, address } = rig.pods.a1;
  const found = new Map<string, number>();
  for (let index = 0; index < count; index += 1) {
    const destination = rig.destination();
    assert.equal(await connect(netns, destination, { from: address }), 'answered');
    const [source = '', ...others] = rig.fabric.sourcesOf(destination).keys();
    assert.deepEqual(others, [], 'a connection has one source');
    found.set(source, (found.get(source) ?? 0) + 1);
  }
  return found;
}

interface Flow {
  readonly socket: Socket;
  readonly destination: string;
}

function openFlows(count: number): Flow[] {
  return Array.from({ length: count }, () => ({ socket: openUdp(rig.pods.a1.netns), destination: rig.destination() }));
}

/** Sends one datagram and has it answered. */
async function ask({ socket, destination }: Flow): Promise<void> {
  const answer = once(socket, 'message', { signal: AbortSignal.timeout(answerMs) });
  socket.send('?', ports.echo, destination);
  await answer;
}

/** By which address each flow leaves now: the one whose count grows when it asks. */
async function sourcesOf(flows: readonly Flow[]): Promise<string[]> {
  const sources: string[] = [];
  for (const flow of flows) {
    const early = rig.fabric.sourcesOf(flow.destination);
    await ask(flow);
    const late = [...rig.fabric.sourcesOf(flow.destination)];
    sources.push(
      late
        .filter(([source, packets]) => packets > (early.get(source) ?? 0))
        .map(([source]) => source)
        .join(),
    );
  }
  return sources;
}

async function withFlows(count: number, section: (flows: readonly Flow[]) => Promise<void>): Promise<void> {
  const flows = openFlows(count);
  try {
    await section(flows);
  } finally {
    for (const { socket } of flows) socket.close();
  }
}

test('connections of one pod take turns over the gateways, each by one', async () => {
  const shares = await spreadOf(connections);
  assert.deepEqual([...shares.keys()].sort(), [byFirst, bySecond]);
  for (const [source, share] of shares)
    assert.ok(Math.abs(share - connections / 2) <= connections / 10, `${source}: ${String(share)}`);
});

test('a flow stays where it began', async () => {
  await withFlows(6, async (flows) => {
    const first = await sourcesOf(flows);
    assert.deepEqual(new Set(first), new Set([byFirst, bySecond]));
    for (let round = 0; round < 3; round += 1) assert.deepEqual(await sourcesOf(flows), first);
  });
});

test('a flow that nobody answers stays as well', async () => {
  const destination = rig.destination();
  await datagrams(rig.pods.a1.netns, destination, { count: 10, destinationPort: 4999, waitMs: 200 });
  assert.equal(rig.fabric.sourcesOf(destination).size, 1);
});

test('a draining gateway keeps its flows and gets none; ready again, it takes its turns', async () => {
  await withFlows(6, async (flows) => {
    const first = await sourcesOf(flows);
    await turn('draining', 'ready');
    assert.deepEqual(await sourcesOf(flows), first);
    assert.deepEqual([...(await spreadOf(10)).keys()], [bySecond]);
    await turn('ready', 'ready');
    assert.deepEqual(await sourcesOf(flows), first);
    assert.equal((await spreadOf(10)).size, 2);
  });
});

test('of a dead gateway the flows move, those of the other do not, and nothing moves back when it returns', async () => {
  await withFlows(6, async (flows) => {
    await sourcesOf(flows);
    rig.fabric.cut('g1');
    try {
      await turn('dead', 'ready');
      const moved = await sourcesOf(flows);
      assert.deepEqual(new Set(moved), new Set([bySecond]));
      assert.deepEqual([...(await spreadOf(10)).keys()], [bySecond]);
    } finally {
      rig.fabric.join('g1');
    }
    await turn('ready', 'ready');
    assert.deepEqual(new Set(await sourcesOf(flows)), new Set([bySecond]));
    assert.equal((await spreadOf(10)).size, 2);
  });
});

test('with all gateways draining they go on taking turns, with none alive connections are refused', async () => {
  await turn('draining', 'draining');
  assert.equal((await spreadOf(10)).size, 2);
  await turn('dead', 'dead');
  const { netns, address } = rig.pods.a1;
  const destination = rig.destination();
  assert.equal(await connect(netns, destination, { from: address }), 'ECONNREFUSED');
  assert.deepEqual([...rig.fabric.sourcesOf(destination)], []);
  await turn('ready', 'ready');
  assert.equal((await spreadOf(10)).size, 2);
});
