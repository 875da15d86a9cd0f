import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { egressWorkerKind } from '../../../src/api/egress-worker.ts';
import { gatewayStatusKind } from '../../../src/api/gateway-status.ts';
import { podAnnotation, spreadAnnotation, systemNamespace } from '../../../src/api/names.ts';
import { podEndpointKind, type PodEndpointSpec } from '../../../src/api/pod-endpoint.ts';
import { staticGatewayConfigurationKind } from '../../../src/api/static-gateway-configuration.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { eventKind } from '../../../src/kube/events.ts';
import type { ResponderLoop } from '../../../src/tunnel-probe/responder-loop.ts';
import { podKind } from '../../../src/worker-agent/kube-kinds.ts';
import { startApiServer, type ApiServer } from '../../support/api-server.ts';
import {
  acknowledge,
  answerProbes,
  authorise,
  awaitWorker,
  makeCluster,
  makeConfiguration,
  makePod,
  makeServing,
  readyCondition,
  workerName,
} from './example-cluster.ts';
import { TestNode } from './test-node.ts';

const link = { address: '10.244.1.2', veth: 'veth1' };
const namespace = 'team';
const name = 'pod-1';
const [labelOfWeb, labelOfOther] = ['100.64.4.2', '100.64.4.3'];
const limits = { timeoutMs: 30_000, intervalMs: 10 };

let server: ApiServer;
let responder: ResponderLoop;
let node: TestNode;

before(async () => {
  server = await startApiServer();
  responder = await answerProbes(() => 'ready');
  await makeCluster(server.client);
});

after(async () => {
  await responder.stop();
  await server.stop();
});

beforeEach(async () => {
  node = await TestNode.create(server.client);
  node.plug(link);
  await authorise(server.client, {});
});

afterEach(async () => {
  await node.remove();
  const { client } = server;
  await client.delete(egressWorkerKind, { namespace: systemNamespace, name: workerName });
  await client.delete(gatewayStatusKind, { namespace: systemNamespace, name: 'gateway-1' });
  for (const { metadata } of (await client.list(staticGatewayConfigurationKind, { namespace })).items)
    await client.delete(staticGatewayConfigurationKind, { namespace, name: metadata.name });
  for (const { metadata } of (await client.list(podKind, { namespace })).items)
    await client.delete(podKind, { namespace, name: metadata.name }, { gracePeriodSeconds: 0 });
  for (const { metadata } of (await client.list(eventKind, { namespace })).items)
    await client.delete(eventKind, { namespace, name: metadata.name });
});

/** A running pod that has not passed ADD. */
async function runPod(sgc?: string): Promise<void> {
  await makePod(server.client, name, { address: link.address, ...(sgc !== undefined && { sgc }) });
}

/** `null` takes the annotation away. */
async function annotate(sgc: string | null): Promise<void> {
  await server.client.patch(podKind, { namespace, name }, { metadata: { annotations: { [podAnnotation]: sgc } } });
}

/** Two configurations that this node may use at once. */
async function serveTwo(): Promise<void> {
  const { client } = server;
  const web = await makeConfiguration(client, 'web', readyCondition);
  const other = await makeConfiguration(client, 'other', readyCondition);
  await authorise(client, { web, other });
  const worker = await awaitWorker(client, 'the agent says who it is', ({ status }) => status?.publicKey !== undefined);
  await acknowledge(client, [web, other], worker);
}

async function awaitElements(set: string, expected: readonly string[]): Promise<void> {
  await pollUntil(
    `${set} is ${expected.join()}`,
    (note) => {
      const elements = node.elements(set);
      note(elements.join());
      return elements.join() === expected.join() || undefined;
    },
    limits,
  );
}

/** This has been done to connections last; what was done before is forgotten. */
async function awaitSettled(way: string): Promise<void> {
  const step = `host: settle flows of ${link.address} ${way}`;
  await pollUntil(step, () => node.host.flowSteps.at(-1) === step || undefined, limits);
  node.takeFlowSteps();
}

const attachedTo = (label: string) => awaitElements('label', [`${link.address} : ${label}`]);
const guard = (chain: string) => awaitElements('guard', [`"${link.veth}" : ${chain}`]);

async function awaitEndpoint(what: string, isDone: (spec: PodEndpointSpec) => boolean): Promise<PodEndpointSpec> {
  return await pollUntil(
    `the PodEndpoint says ${what}`,
    async (note) => {
      const spec = (await server.client.find(podEndpointKind, { namespace, name }))?.spec;
      note(JSON.stringify(spec));
      return spec && isDone(spec) ? spec : undefined;
    },
    { timeoutMs: 30_000, intervalMs: 20 },
  );
}

async function awaitEvent(reason: string, text: RegExp): Promise<void> {
  await pollUntil(
    `event ${reason}: ${String(text)}`,
    async (note) => {
      const { items } = await server.client.list(eventKind, { namespace });
      const notes = items.filter((event) => event.reason === reason).map((event) => event.note ?? '');
      note(notes.join('; '));
      return notes.some((one) => text.test(one)) || undefined;
    },
    { timeoutMs: 30_000, intervalMs: 20 },
  );
}

async function awaitWanted(names: readonly string[]): Promise<void> {
  await awaitWorker(
    server.client,
    `${names.join()} is wanted`,
    ({ status }) => status?.wanted?.map((entry) => entry.name).join() === names.join(),
  );
}

test('a running pod that gets the annotation is attached, its connections of before end, and it is told', async () => {
  await runPod();
  await node.start();
  await makeServing(server.client);
  assert.deepEqual(node.elements('veths'), []);
  await annotate('web');
  await attachedTo(labelOfWeb);
  await awaitElements('gateway', [`${link.address} : goto pin_1`]);
  await awaitSettled(`by ${labelOfWeb}`);
  const { gateway, egressAddress } = await awaitEndpoint('Attached', ({ state }) => state === 'Attached');
  assert.deepEqual([gateway, egressAddress], ['gateway-1', '203.0.113.8']);
  await awaitEvent('EgressAttached', /leaves by StaticGatewayConfiguration web from now on/);
});

test('until its configuration can be used a running pod is guarded, and told why, step by step', async () => {
  const { client } = server;
  await runPod();
  await node.start();
  await annotate('web');
  await guard('goto guard_held');
  await awaitEvent('EgressGuarded', /team\/web does not exist/);
  await awaitEndpoint('ConfigurationMissing', ({ state, reason }) => state === 'Guarded' && reason === 'ConfigurationMissing');
  await awaitWanted(['web']);
  const uid = await makeConfiguration(client, 'web', { status: 'False', reason: 'PrefixInUse', message: 'bring another' });
  await awaitEndpoint('ConfigurationNotReady', ({ message }) => message?.includes('PrefixInUse: bring another') === true);
  await makeConfiguration(client, 'web', readyCondition);
  await awaitEndpoint('LabelMissing', ({ reason }) => reason === 'LabelMissing');
  const worker = await authorise(client, { web: uid });
  await awaitEndpoint('AcknowledgementMissing', ({ reason }) => reason === 'AcknowledgementMissing');
  assert.deepEqual(node.elements('want'), []);
  const { status } = await awaitWorker(client, 'the agent says who it is', (seen) => seen.status?.publicKey !== undefined);
  await acknowledge(client, [uid], { ...worker, ...(status && { status }) });
  await attachedTo(labelOfWeb);
  const { reason, message } = await awaitEndpoint('Attached', ({ state }) => state === 'Attached');
  assert.deepEqual([reason, message], [undefined, undefined]);
});

test('a pod that is older than the plugin is attached as well', async () => {
  await runPod('web');
  await node.start();
  await guard('goto guard_held');
  await makeServing(server.client);
  await attachedTo(labelOfWeb);
});

test('another annotation is another configuration: the old one until the new one can be used, and nothing in between', async () => {
  await runPod('web');
  await node.start();
  await makeServing(server.client);
  await attachedTo(labelOfWeb);
  await annotate('other');
  const waiting = await awaitEndpoint(
    'attached, with a reason',
    ({ state, reason }) => state === 'Attached' && reason === 'ConfigurationMissing',
  );
  assert.equal(waiting.staticGatewayConfiguration, 'web');
  await awaitEvent('EgressUnchanged', /goes on using StaticGatewayConfiguration web: .*team\/other does not exist/);
  await awaitWanted(['other', 'web']);
  assert.deepEqual(node.elements('label'), [`${link.address} : ${labelOfWeb}`]);
  node.takeFlowSteps();
  await serveTwo();
  await attachedTo(labelOfOther);
  await awaitSettled(`by ${labelOfOther}`);
  await awaitEndpoint('other', ({ staticGatewayConfiguration: sgc, reason }) => sgc === 'other' && reason === undefined);
  await awaitWanted(['other']);
});

test('without the annotation new connections are direct at once; the pod is let go when its last old one has ended', async () => {
  await runPod('web');
  await node.start();
  await makeServing(server.client);
  await attachedTo(labelOfWeb);
  await awaitSettled(`by ${labelOfWeb}`);
  node.usingGateways.add(link.address);
  await annotate(null);
  await guard('goto guard_detaching');
  assert.deepEqual([node.elements('want'), node.elements('gateway')], [[], []]);
  await awaitSettled('direct but for its old TCP');
  await awaitEndpoint('Detaching', ({ state, gateway }) => state === 'Detaching' && gateway === undefined);
  await awaitEvent('EgressDetached', /./);
  await awaitWanted(['web']);
  node.usingGateways.clear();
  await awaitElements('veths', []);
  assert.deepEqual(node.takeFlowSteps(), []);
  await awaitWanted([]);
});

test('a pod that gets its annotation back while it detaches is attached again', async () => {
  await runPod('web');
  await node.start();
  await makeServing(server.client);
  await attachedTo(labelOfWeb);
  node.usingGateways.add(link.address);
  await annotate(null);
  await guard('goto guard_detaching');
  node.takeFlowSteps();
  await annotate('web');
  await guard('goto guard_2');
  await awaitSettled(`by ${labelOfWeb}`);
});

const badValues = ['', 'prod/web', 'Web!', 'a'.repeat(300)];

for (const value of badValues) {
  test(`"${value.slice(0, 10)}" is no configuration: a new pod is guarded, an attached one stays, and the node goes on`, async () => {
    await runPod();
    await node.start();
    await serveTwo();
    await annotate(value);
    await guard('goto guard_held');
    await awaitEvent('EgressGuarded', /annotation .* is (?:empty|not the name)/);
    await annotate('web');
    await attachedTo(labelOfWeb);
    await annotate(value);
    await awaitEvent('EgressUnchanged', /goes on using StaticGatewayConfiguration web/);
    assert.deepEqual(node.elements('label'), [`${link.address} : ${labelOfWeb}`]);
    await awaitWanted(['web']);
    await annotate('other');
    await attachedTo(labelOfOther);
  });
}

const phases: readonly (readonly [string, () => Promise<void>])[] = [
  ['guarded', () => guard('goto guard_held')],
  [
    'attached',
    async () => {
      await makeServing(server.client);
      await attachedTo(labelOfWeb);
    },
  ],
  [
    'detaching',
    async () => {
      await makeServing(server.client);
      await attachedTo(labelOfWeb);
      node.usingGateways.add(link.address);
      await annotate(null);
      await guard('goto guard_detaching');
    },
  ],
];

for (const [phase, reach] of phases) {
  test(`a restart without the API server leaves a pod that is ${phase} so`, async () => {
    await runPod('web');
    await node.start();
    await reach();
    await node.stop();
    const { state } = node.host;
    await node.start({ client: server.connect('stranger') });
    await pollUntil('connections have been looked at', () => node.takeFlowSteps().length > 0 || undefined, limits);
    assert.deepEqual(node.host.state, state);
    await node.stop();
    await node.start();
    await pollUntil('the agent is ready', () => node.agent.whyNotReady() === undefined || undefined, limits);
    assert.deepEqual(node.host.state, state);
  });
}

test('other excludeCidrs or another default route act on the running pods of the configuration', async () => {
  const key = { namespace, name: 'web' };
  await runPod('web');
  await node.start();
  await makeServing(server.client);
  await attachedTo(labelOfWeb);
  await awaitSettled(`by ${labelOfWeb}`);
  await server.client.patch(staticGatewayConfigurationKind, key, { spec: { excludeCidrs: ['192.0.2.0/24'] } });
  await awaitElements('cidrs_2', ['192.0.2.0/24']);
  await awaitSettled(`by ${labelOfWeb}`);
  await server.client.patch(staticGatewayConfigurationKind, key, { spec: { defaultRoute: 'azureNetworking' } });
  await awaitSettled(`by ${labelOfWeb}`);
});

test('an annotation on the configuration lets connections take turns, and leaves those alone that there are', async () => {
  const spreadBy = (spread: string | null) =>
    server.client.patch(
      staticGatewayConfigurationKind,
      { namespace, name: 'web' },
      { metadata: { annotations: { [spreadAnnotation]: spread } } },
    );
  await runPod('web');
  await node.start();
  await makeServing(server.client);
  await attachedTo(labelOfWeb);
  await awaitSettled(`by ${labelOfWeb}`);
  await spreadBy('perConnection');
  await awaitElements('gateway', []);
  assert.equal(node.elements('spread_2').length, 60);
  await awaitEndpoint('turns', ({ message, gateway }) => /take turns/.test(message ?? '') && gateway === undefined);
  for (const spread of ['perPod', null, 'perPacket']) {
    await spreadBy('perConnection');
    await awaitElements('gateway', []);
    await spreadBy(spread);
    await awaitElements('gateway', [`${link.address} : goto pin_1`]);
    assert.deepEqual(node.elements('spread_2'), []);
  }
  assert.deepEqual(node.takeFlowSteps(), []);
});
