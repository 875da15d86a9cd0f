import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { egressWorkerKind, type EgressWorker } from '../../../src/api/egress-worker.ts';
import { featureConfigMap } from '../../../src/api/feature.ts';
import { gatewayStatusKind, type GatewayStatusStatus } from '../../../src/api/gateway-status.ts';
import { gatewayVmConfigurationKind, type GatewayVmConfiguration } from '../../../src/api/gateway-vm-configuration.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { systemNamespace } from '../../../src/api/names.ts';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { emptyNamespace, namespaceOf } from '../../../src/dataplane/host-state.ts';
import { render } from '../../../src/dataplane/render.ts';
import type { DrainReasons } from '../../../src/gateway-agent/drain-reasons.ts';
import { startGatewayAgent, type GatewayAgent } from '../../../src/gateway-agent/gateway-agent.ts';
import type { ProbeAnswer } from '../../../src/tunnel-probe/wire-format.ts';
import type { Programme } from '../../../src/gateway-agent/inputs.ts';
import type { Flow } from '../../../src/gateway-agent/live-flows.ts';
import { nodeKind } from '../../../src/gateway-agent/node.ts';
import { configMapKind } from '../../../src/kube/config-map.ts';
import { leaseKind } from '../../../src/kube/lease.ts';
import { keyOf as keyOfObject, type KubeObject } from '../../../src/kube/object.ts';
import type { ResourceKind } from '../../../src/kube/resource.ts';
import { installKinds, namespaceKind, startApiServer, type ApiServer } from '../../support/api-server.ts';
import { configurationOf, keyOf, ready, workerOf } from '../../support/gateway-agent/objects.ts';
import { WatchedHost } from '../../support/gateway-agent/plane-world.ts';

const log = createLogger('test', { level: 'silent' });
const key = { namespace: systemNamespace, name: 'gateway-0' };

let server: ApiServer;
let host: WatchedHost;
let agent: GatewayAgent;
let remembered: Programme | undefined;
let flows: readonly Flow[];
let rememberedReasons: DrainReasons | undefined;

before(async () => {
  server = await startApiServer();
  await installKinds(server.client, kinds);
  for (const name of [systemNamespace, 'team'])
    await server.client.apply(namespaceKind, { metadata: { name } }, { fieldManager: 'test' });
});

after(async () => {
  await server.stop();
});

beforeEach(async () => {
  await server.client.create(gatewayStatusKind, ready(3));
  host = new WatchedHost();
  remembered = undefined;
  flows = [];
  rememberedReasons = undefined;
  agent = startAgent();
});

afterEach(async () => {
  await agent.stop();
  for (const kind of ourKinds) {
    const { items } = await server.client.list(kind);
    for (const object of items) await server.client.delete(kind, keyOfObject(object));
  }
  await server.client.delete(configMapKind, featureConfigMap);
});

const ourKinds: readonly ResourceKind<KubeObject>[] = [gatewayVmConfigurationKind, egressWorkerKind, gatewayStatusKind];

/** A new API server is ready before it serves the kinds of CRDs. */
async function startServerAgain(): Promise<void> {
  await server.start();
  for (const kind of ourKinds) await pollUntil(`${kind.plural} are served`, () => isServed(kind), { timeoutMs: 20_000 });
}

async function isServed(kind: ResourceKind<KubeObject>): Promise<true | undefined> {
  try {
    await server.client.list(kind);
    return true;
  } catch {
    return undefined;
  }
}

/** Who is answered, and what. */
let answered: readonly string[] = [];
let probeAnswer: ProbeAnswer | undefined;

function startAgent(): GatewayAgent {
  return startGatewayAgent({
    nodeName: 'gateway-0',
    nodeAddress: '10.224.0.21',
    publicKey: keyOf('gateway'),
    client: server.connect(),
    host,
    uplink: { find: () => ({ name: 'eth0', mtu: 1500 }) },
    watchKernel: host.watch,
    responder: {
      setWorkers: (keys) => (answered = keys),
      setAnswer: (answer) => (probeAnswer = answer),
    },
    store: {
      write: (programme) => {
        remembered = programme;
        return Promise.resolve();
      },
    },
    remembered,
    drain: {
      flows: { list: () => flows },
      idleMs: 30_000,
      maintenanceWaitMs: 300_000,
      store: {
        write: (reasons) => {
          rememberedReasons = reasons;
          return Promise.resolve();
        },
      },
      remembered: rememberedReasons,
    },
    log,
  });
}

async function serve(object: GatewayVmConfiguration): Promise<void> {
  const { status = {}, ...rest } = object;
  const { metadata } = await server.client.apply(gatewayVmConfigurationKind, rest, { fieldManager: 'operator' });
  await server.client.patch(gatewayVmConfigurationKind, { name: metadata.name, namespace: 'team' }, { status }, inStatus);
}

const inStatus = { subresource: 'status' } as const;

/** Returns the generation. */
async function announce(object: EgressWorker): Promise<number> {
  const { status = {}, spec, metadata } = object;
  const named = { name: metadata.name, namespace: systemNamespace };
  const { metadata: stored } = await server.client.apply(
    egressWorkerKind,
    { metadata: named, spec },
    { fieldManager: 'operator' },
  );
  await server.client.patch(egressWorkerKind, named, { status }, inStatus);
  return stored.generation ?? 0;
}

async function untilStatus(what: string, holds: (status: GatewayStatusStatus) => boolean): Promise<GatewayStatusStatus> {
  return await pollUntil(
    what,
    async (note) => {
      const { status = {} } = await server.client.get(gatewayStatusKind, key);
      note(JSON.stringify(status));
      return holds(status) ? status : undefined;
    },
    { timeoutMs: 20_000, intervalMs: 20 },
  );
}

/** Name → generation of the workers, and the names of the configurations. */
function acknowledged({ workers = [], configurations = [] }: GatewayStatusStatus) {
  return {
    workers: Object.fromEntries(workers.map(({ name, generation }) => [name, generation])),
    configurations: configurations.map(({ name }) => name),
  };
}

/** Label → egress address, as the kernel translates. */
function translations(): Record<string, string | undefined> {
  const table = namespaceOf(host.state, 'segw').tables.find(({ name }) => name === 'segw');
  const elements = table?.sets.find(({ name }) => name === 'egress')?.elements ?? [];
  return Object.fromEntries(elements.map(({ key: label, value }) => [label, value]));
}

test('a gateway with nothing to do is Ready, says where it is, and keeps a lease', async () => {
  const status = await untilStatus('Ready', ({ state }) => state === 'Ready');
  assert.equal(status.endpoint, '10.224.0.21:6000');
  assert.equal(status.publicKey, keyOf('gateway'));
  assert.equal(probeAnswer, 'ready');
  assert.deepEqual(answered, []);
  assert.equal(agent.whyNotReady(), undefined);
  const lease = await pollUntil(
    'the lease',
    () => server.client.find(leaseKind, { namespace: systemNamespace, name: 'gateway-gateway-0' }),
    { timeoutMs: 10_000 },
  );
  assert.equal(lease.spec?.leaseDurationSeconds, 20);
});

test('two configurations and two workers are programmed, then acknowledged with their generations', async () => {
  await serve(configurationOf('a'));
  await serve(configurationOf('b', { generation: 7 }));
  const first = await announce(workerOf(1, { labels: ['a', 'b'] }));
  const second = await announce(workerOf(2, { labels: ['b'] }));
  const status = await untilStatus('both workers', ({ workers }) => workers?.length === 2);
  assert.deepEqual(acknowledged(status).workers, { 'worker-1': first, 'worker-2': second });
  assert.deepEqual(
    status.configurations?.map(({ uid, generation, secondaryAddress }) => [uid, generation, secondaryAddress]),
    [
      ['uid-a', 3, '10.224.0.101'],
      ['uid-b', 7, '10.224.0.102'],
    ],
  );
  assert.deepEqual(translations(), {
    '100.64.4.2': '10.224.0.101',
    '100.64.4.3': '10.224.0.102',
    '100.64.8.2': '10.224.0.102',
  });
});

test('at every moment what is acknowledged is in the kernel', async () => {
  await serve(configurationOf('a'));
  await untilStatus('the configuration', ({ configurations }) => configurations?.length === 1);
  host.refuse = ({ kind }) => (kind === 'nft' ? new Error('refused') : undefined);
  const generation = await announce(workerOf(1, { labels: ['a'] }));
  const refused = await untilStatus('NotReady', ({ state }) => state === 'NotReady');
  assert.deepEqual([refused.reason, acknowledged(refused)], ['KernelRefused', { workers: {}, configurations: ['a'] }]);
  assert.equal(probeAnswer, 'ready');
  host.refuse = () => undefined;
  const status = await untilStatus('the worker', ({ workers }) => workers?.length === 1);
  assert.deepEqual([status.state, status.reason, acknowledged(status).workers], ['Ready', undefined, { 'worker-1': generation }]);
});

test('a worker whose label goes is no longer acknowledged for it, and one without labels not at all', async () => {
  await serve(configurationOf('a'));
  await serve(configurationOf('b'));
  await announce(workerOf(1, { labels: ['a', 'b'] }));
  await announce(workerOf(2, { labels: ['a'] }));
  await untilStatus('both workers', ({ workers }) => workers?.length === 2);
  const fewer = await announce(workerOf(1, { labels: ['a'] }));
  await announce(workerOf(2, { labels: [] }));
  const status = await untilStatus('the withdrawal', ({ workers }) => workers?.length === 1 && workers[0]?.generation === fewer);
  assert.deepEqual(acknowledged(status).workers, { 'worker-1': fewer });
  assert.deepEqual(translations(), { '100.64.4.2': '10.224.0.101' });
});

test('a configuration that leaves the node is no longer acknowledged, nor served', async () => {
  await serve(configurationOf('a'));
  await serve(configurationOf('b'));
  await announce(workerOf(1, { labels: ['a', 'b'] }));
  await untilStatus('both', ({ configurations, workers }) => configurations?.length === 2 && workers?.length === 1);
  await serve(configurationOf('a', { nodes: ['gateway-1'] }));
  await untilStatus('a is gone', (status) => acknowledged(status).configurations.join() === 'b');
  await server.client.delete(gatewayVmConfigurationKind, { name: 'b', namespace: 'team' });
  await untilStatus('b is gone', ({ configurations, workers }) => configurations?.length === 0 && workers?.length === 0);
  assert.deepEqual(translations(), {});
});

test('while the API server is away the kernel is repaired and probes are answered; then everything is caught up with', async () => {
  await serve(configurationOf('a'));
  await announce(workerOf(1, { labels: ['a'] }));
  await untilStatus('the worker', ({ workers }) => workers?.length === 1);
  const carried = render(host.state);
  await server.kill();
  await host.disturb({ namespace: 'segw', kind: 'remove-link', name: 'wg0' });
  await untilRendered(carried);
  assert.equal(probeAnswer, 'ready');
  await startServerAgain();
  await serve(configurationOf('b'));
  const status = await untilStatus('b', ({ configurations }) => configurations?.length === 2);
  assert.equal(status.state, 'Ready');
});

test('a restart of the agent changes nothing in the kernel and nothing in the status', async () => {
  await serve(configurationOf('a'));
  await announce(workerOf(1, { labels: ['a'] }));
  await untilStatus('the worker', ({ workers, state }) => workers?.length === 1 && state === 'Ready');
  const before = await server.client.get(gatewayStatusKind, key);
  await agent.stop();
  host.applied.length = 0;
  agent = startAgent();
  await pollUntil('the agent is ready', () => agent.whyNotReady() === undefined || undefined, { timeoutMs: 10_000 });
  assert.deepEqual(host.applied, []);
  await serve(configurationOf('b'));
  const { configurations, since, ...status } = await untilStatus('b', (now) => now.configurations?.length === 2);
  const { configurations: ours = [], since: earlier, ...rest } = before.status ?? {};
  assert.deepEqual([status, since, configurations?.[0]], [rest, earlier, ours[0]]);
});

test('an agent that starts while the API server is away carries on what the earlier one carried', async () => {
  await serve(configurationOf('a'));
  await announce(workerOf(1, { labels: ['a'] }));
  await untilStatus('the worker', ({ workers }) => workers?.length === 1);
  const carried = render(host.state);
  await agent.stop();
  await server.kill();
  await host.disturb({ namespace: 'segw', kind: 'remove-link', name: 'wg0' });
  agent = startAgent();
  await untilRendered(carried);
  await pollUntil('probes are answered', () => (probeAnswer === 'ready' ? true : undefined), { timeoutMs: 10_000 });
  await startServerAgain();
  await untilStatus('Ready', ({ state }) => state === 'Ready');
  assert.equal(render(host.state), carried);
});

test('a draining gateway says so in status and probe reply, and keeps everything', async () => {
  await serve(configurationOf('a'));
  await untilStatus('the configuration', ({ configurations }) => configurations?.length === 1);
  const carried = render(host.state);
  agent.announceRemoval();
  assert.equal(probeAnswer, 'draining');
  const status = await untilStatus('Draining', ({ state }) => state === 'Draining');
  assert.deepEqual([status.reason, acknowledged(status).configurations], ['Draining', ['a']]);
  await agent.stop();
  assert.equal(render(host.state), carried);
});

test('when the feature is switched off everything goes and is reported; switched on again, it comes back', async () => {
  await serve(configurationOf('a'));
  await announce(workerOf(1, { labels: ['a'] }));
  await untilStatus('the worker', ({ workers }) => workers?.length === 1);
  await server.client.create(configMapKind, { metadata: featureConfigMap, data: { state: 'removing' } });
  const status = await untilStatus('Removed', ({ reason }) => reason === 'Removed');
  assert.deepEqual([status.state, acknowledged(status)], ['NotReady', { workers: {}, configurations: [] }]);
  assert.deepEqual(host.state, { namespaces: [emptyNamespace('host')] });
  assert.deepEqual([probeAnswer, agent.whyNotReady()], ['not-ready', undefined]);
  await server.client.patch(configMapKind, featureConfigMap, { data: { state: 'enabled' } });
  await untilStatus('the worker is back', ({ workers, state }) => workers?.length === 1 && state === 'Ready');
});

test('an agent that is to leave nothing leaves nothing, and says so last', async () => {
  await serve(configurationOf('a'));
  await untilStatus('the configuration', ({ configurations }) => configurations?.length === 1);
  await agent.remove(10_000);
  await agent.stop();
  assert.deepEqual(host.state, { namespaces: [emptyNamespace('host')] });
  const { status } = await server.client.get(gatewayStatusKind, key);
  assert.deepEqual([status?.state, status?.reason, status?.configurations], ['NotReady', 'Removed', []]);
});

async function untilRendered(carried: string): Promise<void> {
  await pollUntil('the kernel is as it was', () => (render(host.state) === carried ? true : undefined), { timeoutMs: 10_000 });
}

async function cordon(unschedulable: boolean): Promise<void> {
  await server.client.apply(
    nodeKind,
    { metadata: { name: 'gateway-0' }, spec: { unschedulable } },
    { fieldManager: 'user', force: true },
  );
}

const connection: Flow = { id: 'a', source: '100.64.4.2', isOver: false, packets: 1 };

test('a cordoned gateway drains, is drained when its last connection is over, and is back when it is uncordoned', async () => {
  await cordon(false);
  await serve(configurationOf('a'));
  await announce(workerOf(1, { labels: ['a'] }));
  await untilStatus('the worker', ({ workers }) => workers?.length === 1);
  flows = [connection, { ...connection, id: 'probe', source: '100.64.4.1' }];
  await cordon(true);
  const draining = await untilStatus('Draining', ({ state }) => state === 'Draining');
  assert.deepEqual([draining.reason, draining.message, probeAnswer], ['Draining', 'the node is cordoned', 'draining']);
  await pollUntil('a look', () => agent.drainState?.connections === 1 || undefined, { timeoutMs: 10_000 });
  flows = flows.map((flow) => ({ ...flow, isOver: true }));
  assert.equal((await untilStatus('Drained', ({ reason }) => reason === 'Drained')).state, 'Draining');
  await cordon(false);
  await untilStatus('Ready', ({ state }) => state === 'Ready');
  assert.equal(probeAnswer, 'ready');
});

test('a draining gateway whose agent starts again while the API server is away still drains', async () => {
  await cordon(true);
  await serve(configurationOf('a'));
  await untilStatus('Draining', ({ state, configurations }) => state === 'Draining' && configurations?.length === 1);
  await agent.stop();
  await server.kill();
  const answers = new Set<ProbeAnswer | undefined>();
  probeAnswer = undefined;
  agent = startAgent();
  await pollUntil(
    'an answer',
    () => {
      answers.add(probeAnswer);
      return probeAnswer === undefined ? undefined : true;
    },
    { timeoutMs: 10_000, intervalMs: 5 },
  );
  assert.equal(answers.has('ready'), false);
  assert.equal(probeAnswer, 'draining');
  await startServerAgain();
  await cordon(false);
  await untilStatus('Ready', ({ state }) => state === 'Ready');
});
