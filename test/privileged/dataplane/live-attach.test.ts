import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostClockMs } from '../../../src/base/host-clock.ts';
import { disturbanceOf, type Disturbance } from '../../../src/cli/bench/traffic/disturbance.ts';
import { startPodTraffic } from '../../../src/cli/bench/traffic/pod-traffic.ts';
import { tcpFlowKinds } from '../../../src/cli/bench/traffic/traffic-plan.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { movePods, settleAll } from '../../../src/dataplane/attachment.ts';
import type { AttachedPod, Sgc, WorkerInputs } from '../../../src/dataplane/model.ts';
import { listConntrack, type ConntrackEntry } from '../../../src/linux/conntrack.ts';
import { inNetns } from '../../../src/linux/netns.ts';
import { openNetfilterSocket } from '../../../src/linux/netlink/socket.ts';
import { ports } from '../../support/dataplane/rig/fabric.ts';
import { services } from '../../support/dataplane/rig/foreign-rules.ts';
import { datagrams } from '../../support/dataplane/rig/pod-client.ts';
import { without } from '../../support/dataplane/rig/rig-node.ts';
import { egressOf, openRig, workerAddress, type Rig } from '../../support/dataplane/rig/rig.ts';

const program = new URL('../../../src/cmd/traffic-thread.ts', import.meta.url);
const [inFlightMs, watchMs] = [100, 1200];
const node = 'node';

let rig: Rig;

before(async () => {
  rig = await openRig();
});

after(async () => {
  await rig.close();
});

/** The worker's inputs, with the pod `u1` that uses no gateway by itself in them, and with changes of its SGCs. */
function inputs(pod: Partial<AttachedPod> | undefined, changes: Partial<Record<'a' | 'b', Partial<Sgc>>> = {}): WorkerInputs {
  const { inputs: whole } = rig.workers[1];
  const { address, veth } = rig.pods.u1;
  const sgcs = whole.sgcs.map((sgc) => ({ ...sgc, ...(sgc.key === 'team/a' ? changes.a : changes.b) }));
  const own: AttachedPod[] = pod ? [{ uid: 'u1', address, veth, sgc: 'team/a', phase: 'attached', ...pod }] : [];
  return { ...whole, sgcs, pods: [...whole.pods, ...own] };
}

/** As the agent does. */
async function move(from: WorkerInputs, to: WorkerInputs): Promise<void> {
  const { host, settings } = rig.workers[1];
  for (const step of movePods(from, to, settings)) await host.apply(step);
}

interface Observation {
  /** By what the client left, before the change and after it. */
  readonly before: readonly string[];
  readonly between: readonly string[];
  readonly after: readonly string[];
  readonly disturbance: Disturbance;
}

interface Client {
  readonly destination: string;
  /** Long TCP connections; or UDP and a series of short ones. */
  readonly kind: 'long' | 'short';
}

/** What clients in `u1` notice of a change. */
async function observe(clients: readonly Client[], change: () => Promise<void>): Promise<Observation[]> {
  const running = clients.map(({ destination: address, kind }) =>
    startPodTraffic(program, {
      namespacePath: rig.pods.u1.netns,
      plan: {
        address,
        ports,
        udpFlows: kind === 'short' ? 1 : 0,
        udpIntervalMs: 10,
        tcpFlows: kind === 'long' ? tcpFlowKinds : [],
        connectionIntervalMs: kind === 'short' ? 50 : 0,
      },
    }),
  );
  const look = () => clients.map(({ destination }) => rig.fabric.sourcesOf(destination));
  try {
    await Promise.all(clients.map(untilBusy));
    const beginning = look();
    const changedMs = hostClockMs();
    await change();
    await sleep(inFlightMs);
    const changed = look();
    await sleep(watchMs);
    const endMs = hostClockMs();
    const reports = await Promise.all(running.map((client) => client.stop()));
    const end = look();
    return reports.map((report, index) => ({
      before: waysOf(beginning[index], undefined),
      between: waysOf(changed[index], beginning[index]),
      after: waysOf(end[index], changed[index]),
      disturbance: disturbanceOf(report, changedMs, endMs),
    }));
  } finally {
    await Promise.all(running.map((client) => client.end()));
  }
}

/** All connections of the client are there. */
async function untilBusy({ destination, kind }: Client): Promise<void> {
  const { address } = rig.pods.u1;
  const isOpen = ({ original, tcpState }: ConntrackEntry) => original.destination === destination && tcpState === 'established';
  using socket = inNetns(rig.workers[1].netns, openNetfilterSocket);
  const count = kind === 'long' ? tcpFlowKinds.length : 1;
  await pollUntil(
    `connections to ${destination}`,
    () => listConntrack(socket, { source: address }).filter(isOpen).length >= count || undefined,
    { timeoutMs: 20_000, intervalMs: 10 },
  );
  await sleep(inFlightMs);
}

/** Who sent packets between two looks. */
function waysOf(late: ReadonlyMap<string, number> | undefined, early: ReadonlyMap<string, number> | undefined): string[] {
  const sources = [...(late ?? [])].filter(([source, packets]) => packets > (early?.get(source) ?? 0)).map(([source]) => source);
  return [...new Set(sources.map(wayOf))].sort();
}

function wayOf(source: string): string {
  if (source === workerAddress(1)) return node;
  const name = (['a', 'b'] as const).find((each) => egressOf[each].some((address) => address === source));
  return name ?? `wrong source ${source}`;
}

/** The old way before, the new way after, and never a third. */
function assertWays({ before: old, between, after: late }: Observation, from: string, to: string): void {
  assert.deepEqual([old, late], [[from], [to]]);
  for (const way of between) assert.ok(way === from || way === to, way);
}

function assertEnded({ disturbance }: Observation): void {
  assert.deepEqual(disturbance.alive, [], 'no connection hangs');
  assert.deepEqual(disturbance.resetMs.map(({ kind }) => kind).sort(), [...tcpFlowKinds].sort());
}

function assertGoesOn({ disturbance }: Observation): void {
  const [silenceMs = Infinity] = disturbance.udpSilenceMs;
  assert.ok(silenceMs < watchMs, `UDP was silent for ${String(silenceMs)} ms`);
  assert.ok((disturbance.newTcpGapMs ?? Infinity) < watchMs, `no new connection for ${String(disturbance.newTcpGapMs)} ms`);
}

const both = (isExcluded = false): Client[] =>
  (['long', 'short'] as const).map((kind) => ({ destination: rig.destination({ isExcluded }), kind }));

/** A change that ends what there is: long connections are reset, and all else goes on the new way. */
async function assertMoves(from: WorkerInputs, to: WorkerInputs, way: readonly [from: string, to: string], isExcluded = false) {
  await move(inputs(undefined), from);
  try {
    const [long, short] = await observe(both(isExcluded), () => move(from, to));
    assert.ok(long && short);
    assertEnded(long);
    assertWays({ ...long, after: [way[1]] }, ...way);
    assertWays(short, ...way);
    assertGoesOn(short);
  } finally {
    await move(to, inputs(undefined));
  }
}

test('attach: connections of before are reset, everything new leaves by the gateway', async () => {
  await assertMoves(inputs(undefined), inputs({}), [node, 'a']);
});

test('another SGC: connections by the first are reset, everything new leaves by the second', async () => {
  const changes = { b: { defaultRoute: 'staticEgressGateway' } } as const;
  await assertMoves(inputs({}, changes), inputs({ sgc: 'team/b' }, changes), ['a', 'b']);
});

test('a network that is excluded: connections to it are reset, and it is reached directly', async () => {
  await assertMoves(inputs({}, { a: { excludeCidrs: [] } }), inputs({}), ['a', node], true);
});

test('without the rule on strays, connections to a network that is excluded now would go on by the gateway', async () => {
  const from = inputs({}, { a: { excludeCidrs: [] } });
  await rig.workers[1].during([without(/iifname vmap @stray$/)], async () => {
    await move(inputs(undefined), from);
    const [long] = await observe(both(true), () => move(from, inputs({})));
    await move(inputs({}), inputs(undefined));
    assert.deepEqual([long?.disturbance.alive, long?.after], [tcpFlowKinds, ['a']]);
  });
});

test('a network that is not excluded any more: connections to it are reset, and it is reached by the gateway', async () => {
  await assertMoves(inputs({}), inputs({}, { a: { excludeCidrs: [] } }), [node, 'a'], true);
});

test('another default route: connections are reset, and leave directly', async () => {
  await assertMoves(inputs({}), inputs({}, { a: { defaultRoute: 'azureNetworking' } }), ['a', node]);
});

test('an SGC that changes for other networks leaves connections alone', async () => {
  await move(inputs(undefined), inputs({}));
  const changed = inputs({}, { a: { excludeCidrs: [] } });
  try {
    const [long, short] = await observe(both(), () => move(inputs({}), changed));
    assert.deepEqual([long?.disturbance.resetMs, long?.disturbance.alive], [[], tcpFlowKinds]);
    assert.equal(short?.disturbance.failedConnections, 0);
    for (const one of [long, short]) assert.deepEqual([one?.before, one?.after], [['a'], ['a']]);
  } finally {
    await move(changed, inputs(undefined));
  }
});

test('detach: TCP of before lives on by the gateway, UDP and everything new leaves directly', async () => {
  await move(inputs(undefined), inputs({}));
  const [long, short] = await observe(both(), () => move(inputs({}), inputs({ phase: 'detaching' })));
  await move(inputs({ phase: 'detaching' }), inputs(undefined));
  assert.ok(long && short);
  assert.deepEqual([long.disturbance.resetMs, long.disturbance.alive], [[], tcpFlowKinds]);
  assert.deepEqual([long.before, long.after], [['a'], ['a']]);
  assertWays(short, 'a', node);
  assertGoesOn(short);
});

test('when the SGC goes while a pod detaches, TCP of before ends by a reset as well', async () => {
  const detaching = inputs({ phase: 'detaching' });
  const gone = inputs({ phase: 'detaching', sgc: 'team/gone' });
  await move(inputs(undefined), inputs({}));
  const [long] = await observe(both().slice(0, 1), async () => {
    await move(inputs({}), detaching);
    await move(detaching, gone);
  });
  await move(gone, inputs(undefined));
  assert.ok(long);
  assertEnded(long);
  assert.deepEqual([long.before, long.after], [['a'], []]);
});

test('a pod whose SGC cannot be used yet is held: its connections are reset, and nothing leaves', async () => {
  const held = inputs({ sgc: '' });
  const [long, short] = await observe(both(), () => move(inputs(undefined), held));
  await move(held, inputs(undefined));
  assert.ok(long && short);
  assertEnded(long);
  assert.deepEqual([long.before, short.before, short.after], [[node], [node], []]);
});

test('what an agent could not finish the next one does: connections of the old way end', async () => {
  const { host, settings } = rig.workers[1];
  const unfinished = async () => {
    for (const step of movePods(inputs(undefined), inputs({}), settings)) if (step.kind === 'nft') await host.apply(step);
    for (const step of settleAll(inputs({}), settings)) await host.apply(step);
  };
  const [long, short] = await observe(both(), unfinished);
  await move(inputs({}), inputs(undefined));
  assert.ok(long && short);
  assertEnded(long);
  assertWays(short, node, 'a');
  assertGoesOn(short);
});

test('what stays in the cluster keeps its connections, whatever becomes of the pod', async () => {
  const { netns, address } = rig.pods.u1;
  using socket = inNetns(rig.workers[1].netns, openNetfilterSocket);
  const backends = () =>
    listConntrack(socket, { source: address })
      .filter(({ original }) => original.destination === services.inside.address)
      .map(({ reply }) => reply.source);
  await datagrams(netns, services.inside.address, { count: 1, waitMs: 20 });
  assert.deepEqual(backends(), [services.inside.backend]);
  const states = [undefined, {}, { sgc: '' }, { sgc: 'team/b' }, { phase: 'detaching' }, undefined] as const;
  for (const [index, state] of states.slice(1).entries()) {
    await move(inputs(states[index]), inputs(state));
    assert.deepEqual(backends(), [services.inside.backend]);
  }
});
