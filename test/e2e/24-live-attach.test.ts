import assert from 'node:assert/strict';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { podAnnotation, spreadAnnotation, systemNamespace } from '../../src/api/names.ts';
import { cidrContains, parseCidr, type Cidr } from '../../src/base/addresses.ts';
import { hostClockMs } from '../../src/base/host-clock.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { disturbanceOf, type Disturbance } from '../../src/cli/bench/traffic/disturbance.ts';
import type { PodTraffic } from '../../src/cli/bench/traffic/pod-traffic.ts';
import { tcpFlowKinds, type TrafficPlan } from '../../src/cli/bench/traffic/traffic-plan.ts';
import { applyManifest, kubectl, kubectlJson, segw } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { portsOfClient, startTraffic } from '../support/pod-traffic.ts';
import { startToolsPod } from '../support/tools-pod.ts';

/** The demo has left a pool of two gateways. */
const namespace = 'live';
const name = 'client';
const configurations = ['first', 'second'] as const;
const internet = '192.0.2.10/32';
/** For packets that were on their way, and for agents on a machine with much to do. */
const [inFlightMs, watchMs] = [1000, 2500];
/** No other test uses these. */
const firstClient = 2100;

const prefixes = new Map<string, Cidr>();
const running = new Set<PodTraffic>();
let nextClient = firstClient;

before(async () => {
  const sgc = (sgcName: string) => `---
apiVersion: egressgateway.kubernetes.azure.com/v1alpha1
kind: StaticGatewayConfiguration
metadata: { name: ${sgcName}, namespace: ${namespace} }
spec: { gatewayNodepoolName: gwpool }
`;
  const namespaceObject = `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${namespace} }\n`;
  await applyManifest([namespaceObject, ...configurations.map(sgc)].join(''));
  for (const each of configurations) {
    await kubectl('wait', '--namespace', namespace, '--for=condition=Ready', `sgc/${each}`, '--timeout=60s');
    const prefix = await kubectl('get', '--namespace', namespace, `sgc/${each}`, '--output', 'jsonpath={.status.egressIpPrefix}');
    prefixes.set(each, parseCidr(prefix, each));
  }
  await startToolsPod({ name, namespace });
});

afterEach(async () => {
  await Promise.all([...running].map((traffic) => traffic.end()));
  running.clear();
});

after(async () => {
  await segw('fault', 'clear');
  await kubectl('delete', 'namespace', namespace, '--timeout=90s');
  const ready = ['--for=jsonpath={.status.state}=Ready', '--timeout=60s'];
  await kubectl('wait', '--namespace', systemNamespace, 'gatewaystatus', '--all', ...ready);
  await kubectl('wait', '--for=condition=Ready', 'node', '--all', '--timeout=60s');
});

interface Client {
  readonly ports: readonly number[];
  readonly traffic: PodTraffic;
}

async function startClient(plan: Partial<TrafficPlan>): Promise<Client> {
  const client = nextClient++;
  const traffic = await startTraffic({ namespace, name }, client, plan);
  running.add(traffic);
  return { ports: Object.values(portsOfClient(client)), traffic };
}

/** Long TCP connections alone; and UDP with new TCP connections. */
const plans = { long: { udpFlows: 0, connectionIntervalMs: 0 }, short: { tcpFlows: [] } } as const;

/** Packets that came from each source to the ports of a client. */
type Arrivals = ReadonlyMap<string, number>;

async function readArrivals(clients: readonly Client[]): Promise<Arrivals[]> {
  const counters = await readInternetCounters();
  assert.equal(counters.untranslated, 0);
  return clients.map(({ ports }) => {
    const sums = new Map<string, number>();
    for (const [source, packets] of ports.flatMap((port) => [...counters.sourcesOf(port)]))
      sums.set(source, (sums.get(source) ?? 0) + packets);
    return sums;
  });
}

/** `node`, the configuration in whose prefix the source is, or the source itself: then it is wrong. */
function wayOf(source: string): string {
  const [configuration] = [...prefixes].find(([, prefix]) => cidrContains(prefix, source)) ?? [];
  return configuration ?? (source.startsWith('198.51.100.') ? 'node' : `wrong source ${source}`);
}

function waysBetween(early: Arrivals | undefined, late: Arrivals | undefined): string[] {
  const sources = [...(late ?? [])].filter(([source, packets]) => packets > (early?.get(source) ?? 0)).map(([source]) => source);
  return [...new Set(sources.map(wayOf))].sort();
}

interface Observation {
  readonly before: readonly string[];
  readonly between: readonly string[];
  readonly after: readonly string[];
  readonly disturbance: Disturbance;
}

/** What two clients notice of a change, and what the internet host sees of them. The times are printed, not judged. */
async function observe(
  context: TestContext,
  change: () => Promise<void>,
): Promise<{ readonly long: Observation; readonly short: Observation }> {
  const clients = [await startClient(plans.long), await startClient(plans.short)];
  await untilSeen(clients);
  await sleep(inFlightMs);
  const beginning = await readArrivals(clients);
  const changedMs = hostClockMs();
  await change();
  await sleep(inFlightMs);
  const changed = await readArrivals(clients);
  await sleep(watchMs);
  const endMs = hostClockMs();
  const reports = await Promise.all(clients.map(({ traffic }) => traffic.stop()));
  const end = await readArrivals(clients);
  const [long, short] = reports.map((report, index) => ({
    before: waysBetween(undefined, beginning[index]),
    between: waysBetween(beginning[index], changed[index]),
    after: waysBetween(changed[index], end[index]),
    disturbance: disturbanceOf(report, changedMs, endMs),
  }));
  const { resetMs } = long?.disturbance ?? {};
  const { udpSilenceMs, newTcpGapMs } = short?.disturbance ?? {};
  context.diagnostic(`from the call on, in ms: ${JSON.stringify({ resetMs, udpSilenceMs, newTcpGapMs })}`);
  return { long: long ?? assert.fail(), short: short ?? assert.fail() };
}

/** The clients' threads have started. */
async function untilSeen(clients: readonly Client[]): Promise<void> {
  const haveArrived = async () => (await readArrivals(clients)).every(({ size }) => size > 0) || undefined;
  await pollUntil('packets of the clients', haveArrived, { timeoutMs: 20_000, intervalMs: 200 });
}

/** Connections of before end by a reset; everything new goes the new way, and nothing ever a third. */
function assertMoved({ long, short }: Awaited<ReturnType<typeof observe>>, from: string, to: string): void {
  assert.deepEqual(long.disturbance.alive, [], 'no connection hangs');
  assert.deepEqual(long.disturbance.resetMs.map(({ kind }) => kind).sort(), [...tcpFlowKinds].sort());
  assert.deepEqual([long.before, short.before, short.after], [[from], [from], [to]]);
  for (const way of [...long.between, ...short.between, ...long.after]) assert.ok(way === from || way === to, way);
  assertGoesOn(short);
}

function assertGoesOn({ disturbance }: Observation): void {
  const [silenceMs = Infinity] = disturbance.udpSilenceMs;
  assert.ok(silenceMs < watchMs, `UDP was silent for ${String(silenceMs)} ms`);
  assert.ok((disturbance.newTcpGapMs ?? Infinity) < watchMs, `no new connection for ${String(disturbance.newTcpGapMs)} ms`);
}

/** `null` takes the annotation away. Returns when the PodEndpoint says that this is so. */
async function annotate(value: string | null): Promise<void> {
  await kubectl('annotate', '--overwrite', '--namespace', namespace, 'pod', name, annotationArgument(podAnnotation, value));
  await awaitEndpoint(value ?? 'none', (spec) =>
    value === null ? spec?.state !== 'Attached' : spec?.state === 'Attached' && spec.staticGatewayConfiguration === value,
  );
}

function annotationArgument(key: string, value: string | null): string {
  return value === null ? `${key}-` : `${key}=${value}`;
}

const endpoints = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({
        staticGatewayConfiguration: z.string(),
        state: z.string().optional(),
        message: z.string().optional(),
        gateway: z.string().optional(),
      }),
    }),
  ),
});
type Endpoint = z.infer<typeof endpoints>['items'][number]['spec'];

async function awaitEndpoint(what: string, isDone: (spec: Endpoint | undefined) => boolean): Promise<void> {
  await pollUntil(
    `the PodEndpoint says ${what}`,
    async (note) => {
      const { items } = endpoints.parse(await kubectlJson('get', 'podendpoints', '--namespace', namespace));
      const spec = items.find(({ metadata }) => metadata.name === name)?.spec;
      note(JSON.stringify(spec));
      return isDone(spec) || undefined;
    },
    { timeoutMs: 20_000, intervalMs: 50 },
  );
}

async function changeConfiguration(sgc: string, spec: object): Promise<void> {
  await kubectl('patch', 'sgc', '--namespace', namespace, sgc, '--type', 'merge', '--patch', JSON.stringify({ spec }));
}

test('attach: what a running pod has open is reset, and everything new leaves by the prefix', async (context) => {
  assertMoved(await observe(context, () => annotate('first')), 'node', 'first');
});

test('another annotation: everything new leaves by the other prefix', async (context) => {
  assertMoved(await observe(context, () => annotate('second')), 'first', 'second');
});

test('a network that is excluded is reached directly, and by the prefix again when it is not', async (context) => {
  assertMoved(await observe(context, () => changeConfiguration('second', { excludeCidrs: [internet] })), 'second', 'node');
  assertMoved(await observe(context, () => changeConfiguration('second', { defaultRoute: 'azureNetworking' })), 'node', 'second');
  assertMoved(await observe(context, () => changeConfiguration('second', { excludeCidrs: [] })), 'second', 'node');
  assertMoved(
    await observe(context, () => changeConfiguration('second', { defaultRoute: 'staticEgressGateway' })),
    'node',
    'second',
  );
});

test('another network that is excluded disturbs nobody', async (context) => {
  const { long, short } = await observe(context, () => changeConfiguration('second', { excludeCidrs: ['192.0.2.128/25'] }));
  assert.deepEqual([long.disturbance.resetMs, long.disturbance.alive], [[], tcpFlowKinds]);
  assert.equal(short.disturbance.failedConnections, 0);
  for (const { before: old, between, after: late } of [long, short])
    assert.deepEqual([old, between, late], [['second'], ['second'], ['second']]);
});

test('a value that is no configuration changes nothing, and the pod is told', async (context) => {
  const bad = async () => {
    await kubectl('annotate', '--overwrite', '--namespace', namespace, 'pod', name, `${podAnnotation}=live/first`);
    await awaitEndpoint('what is wrong', (spec) => /"live\/first" is not the name/.test(spec?.message ?? ''));
  };
  const { long, short } = await observe(context, bad);
  assert.deepEqual(long.disturbance.alive, tcpFlowKinds);
  for (const { before: old, between, after: late } of [long, short])
    assert.deepEqual([old, between, late], [['second'], ['second'], ['second']]);
  await annotate('second');
});

test('detach: TCP of before lives on by the prefix, UDP and everything new leaves by the node', async (context) => {
  const { long, short } = await observe(context, () => annotate(null));
  assert.deepEqual([long.disturbance.resetMs, long.disturbance.alive], [[], tcpFlowKinds]);
  assert.deepEqual([long.before, long.between, long.after], [['second'], ['second'], ['second']]);
  assert.deepEqual([short.before, short.after], [['second'], ['node']]);
  for (const way of short.between) assert.ok(way === 'second' || way === 'node', way);
  assertGoesOn(short);
});

test('an agent that is killed at any moment of a change: the old way, then the new one, and never a third', async (context) => {
  const agentOf = async () => {
    const node = await kubectl('get', 'pod', '--namespace', namespace, name, '--output', 'jsonpath={.spec.nodeName}');
    const selector = ['--selector', 'app.kubernetes.io/name=segw-worker-agent', '--field-selector', `spec.nodeName=${node}`];
    return kubectl('get', 'pods', '--namespace', systemNamespace, ...selector, '--output', 'jsonpath={.items[0].metadata.name}');
  };
  const changes = [
    { delayMs: 0, value: 'first', from: 'node', to: 'first' },
    { delayMs: 30, value: null, from: 'first', to: 'node' },
    { delayMs: 100, value: 'first', from: 'node', to: 'first' },
  ];
  for (const { delayMs, value, from, to } of changes) {
    const agent = await agentOf();
    const { short } = await observe(context, async () => {
      const changing = annotate(value);
      await sleep(delayMs);
      await kubectl('delete', 'pod', '--namespace', systemNamespace, agent, '--grace-period=0', '--force');
      await changing;
    });
    assert.deepEqual([short.before, short.after], [[from], [to]]);
    for (const way of short.between) assert.ok(way === from || way === to, way);
  }
});

test('connections that take turns leave by every gateway, also when one dies and returns', async () => {
  await annotate('second');
  await kubectl(
    'annotate',
    '--overwrite',
    '--namespace',
    namespace,
    'sgc',
    'second',
    annotationArgument(spreadAnnotation, 'perConnection'),
  );
  await awaitEndpoint('turns', (spec) => /take turns/.test(spec?.message ?? ''));
  const gateways = (
    await kubectl('get', 'gws', '--namespace', systemNamespace, '--output', 'jsonpath={.items[*].metadata.name}')
  ).split(' ');
  const [victim = ''] = gateways;
  const client = await startClient({ udpFlows: 6, connectionIntervalMs: 20 });
  await untilSeen([client]);
  await sleep(watchMs);
  const [both] = await readArrivals([client]);
  assert.equal(both?.size, gateways.length, 'both addresses');
  await segw('fault', 'add', 'partition', victim, 'any');
  await sleep(watchMs);
  const [cut] = await readArrivals([client]);
  await sleep(watchMs);
  const [later] = await readArrivals([client]);
  assert.equal(
    [...(later ?? [])].filter(([source, packets]) => packets > (cut?.get(source) ?? 0)).length,
    1,
    'the survivor alone',
  );
  await segw('fault', 'clear');
  const hasReturned = async () => {
    const [now] = await readArrivals([client]);
    return [...(now ?? [])].every(([source, packets]) => packets > (later?.get(source) ?? 0)) || undefined;
  };
  await pollUntil('both take turns again', hasReturned, { timeoutMs: 30_000, intervalMs: 500 });
  await client.traffic.stop();
  const [end] = await readArrivals([client]);
  assert.deepEqual([...new Set([...(end ?? new Map<string, number>()).keys()].map(wayOf))], ['second']);
});
