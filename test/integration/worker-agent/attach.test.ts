import assert from 'node:assert/strict';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { egressWorkerKind } from '../../../src/api/egress-worker.ts';
import { featureConfigMap } from '../../../src/api/feature.ts';
import { gatewayStatusKind } from '../../../src/api/gateway-status.ts';
import { systemNamespace } from '../../../src/api/names.ts';
import { podEndpointKind } from '../../../src/api/pod-endpoint.ts';
import { staticGatewayConfigurationKind } from '../../../src/api/static-gateway-configuration.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { configMapKind } from '../../../src/kube/config-map.ts';
import { eventKind } from '../../../src/kube/events.ts';
import type { ResponderLoop } from '../../../src/tunnel-probe/responder-loop.ts';
import type { ProbeAnswer } from '../../../src/tunnel-probe/wire-format.ts';
import { nodeKind, podKind } from '../../../src/worker-agent/kube-kinds.ts';
import { startApiServer, type ApiServer } from '../../support/api-server.ts';
import {
  acknowledge,
  answerProbes,
  authorise,
  awaitWorker,
  label,
  makeCluster,
  makeConfiguration,
  makeNode,
  makePod,
  makeServing,
  readyCondition,
  workerName,
} from './example-cluster.ts';
import { resultOf, TestNode, type Sandbox } from './test-node.ts';

let server: ApiServer;
let responder: ResponderLoop;
let gatewayAnswer: ProbeAnswer | undefined;
let node: TestNode;

const first: Sandbox = { containerId: 'c1', uid: 'uid-1', name: 'pod-1', address: '10.244.1.2', veth: 'veth1', sgc: 'web' };
const second: Sandbox = { containerId: 'c2', uid: 'uid-2', name: 'pod-2', address: '10.244.1.3', veth: 'veth2', sgc: 'web' };

before(async () => {
  server = await startApiServer();
  responder = await answerProbes(() => gatewayAnswer);
  await makeCluster(server.client);
});

after(async () => {
  await responder.stop();
  await server.stop();
});

beforeEach(async () => {
  gatewayAnswer = 'ready';
  node = await TestNode.create(server.client);
});

afterEach(async () => {
  await node.remove();
  const { client } = server;
  await client.delete(egressWorkerKind, { namespace: systemNamespace, name: workerName });
  await client.delete(gatewayStatusKind, { namespace: systemNamespace, name: 'gateway-1' });
  for (const name of ['web', 'other']) await client.delete(staticGatewayConfigurationKind, { namespace: 'team', name });
  for (const { metadata } of (await client.list(podKind, { namespace: 'team' })).items)
    await client.delete(podKind, { namespace: 'team', name: metadata.name }, { gracePeriodSeconds: 0 });
});

async function serve(): Promise<string> {
  return await makeServing(server.client);
}

async function awaitElements(set: string, expected: readonly string[]): Promise<void> {
  await pollUntil(
    `${set} is ${expected.join()}`,
    (note) => {
      const elements = node.elements(set);
      note(elements.join());
      return elements.join() === expected.join() || undefined;
    },
    { timeoutMs: 30_000, intervalMs: 10 },
  );
}

async function readRegistry(): Promise<string> {
  return await readFile(join(node.directory, 'attached.json'), 'utf8');
}

test('ADD of the first pod waits for label and acknowledgement, one step after the other, and returns the result unchanged', async () => {
  const { client } = server;
  await authorise(client, {});
  await node.start();
  const uid = await makeConfiguration(client, 'web', readyCondition);
  const adding = node.call('ADD', first);
  const wanted = await awaitWorker(client, 'the SGC is wanted', ({ status }) => status?.wanted?.length === 1);
  assert.deepEqual(wanted.status?.wanted, [{ namespace: 'team', name: 'web', pods: 1 }]);
  assert.deepEqual(node.elements('want'), []);

  await acknowledge(client, [uid], wanted);
  const labelled = await authorise(client, { web: uid });
  const known = await awaitWorker(client, 'the gateway is known', ({ status }) => status?.endpoints?.length === 1);
  assert.deepEqual(known.status?.endpoints, [{ gateway: 1, endpoint: '10.224.0.11:6101' }]);
  assert.deepEqual(node.elements('want'), [], 'the acknowledgement is of an earlier generation');

  await acknowledge(client, [uid], { ...known, metadata: labelled.metadata });
  assert.deepEqual(await adding, { result: resultOf(first) });
  assert.deepEqual(node.elements('label'), [`${first.address} : ${label}`]);
  assert.deepEqual(node.elements('gateway'), [`${first.address} : goto pin_1`]);
  assert.match(await readRegistry(), /"uid-1"/);
});

test('ADD of a second pod of the SGC does not wait for a new acknowledgement', async () => {
  await authorise(server.client, {});
  await node.start();
  const uid = await serve();
  await node.call('ADD', first);
  await authorise(server.client, { web: uid, other: 'uid-of-another-configuration' });
  assert.deepEqual(await node.call('ADD', second), { result: resultOf(second) });
  assert.deepEqual(node.elements('veths'), ['"veth1"', '"veth2"']);
});

test('a PodEndpoint says how each pod leaves, and goes with it', async () => {
  const { client } = server;
  const pod = await makePod(client, 'pod-1', { sgc: 'web' });
  const sandbox = { ...first, uid: pod.metadata.uid ?? '' };
  await authorise(client, {});
  await node.start();
  await serve();
  assert.deepEqual(await node.call('ADD', sandbox), { result: resultOf(sandbox) });
  const key = { namespace: 'team', name: 'pod-1' };
  const options = { timeoutMs: 30_000, intervalMs: 20 };
  const find = async () => (await client.find(podEndpointKind, key))?.spec;
  const ownEndpoint = async () => [await find()].find((spec) => spec?.podUid === sandbox.uid);
  const { since: _since, ...spec } = await pollUntil('a PodEndpoint', ownEndpoint, options);
  assert.deepEqual(spec, {
    staticGatewayConfiguration: 'web',
    podUid: sandbox.uid,
    nodeName: workerName,
    podAddress: '10.244.1.2',
    state: 'Attached',
    gateway: 'gateway-1',
    egressAddress: '203.0.113.8',
  });
  await node.call('DEL', sandbox);
  await pollUntil('the PodEndpoint is gone', async () => !(await find()) || undefined, options);
});

test('DEL succeeds twice, without a namespace, without prevResult, and for pods that nobody knows', async () => {
  await authorise(server.client, {});
  await node.start();
  await serve();
  await node.call('ADD', first);
  const none = { result: {} };
  assert.deepEqual(await node.call('DEL', first), none);
  assert.deepEqual(await node.call('DEL', first, { withResult: false }), none);
  assert.deepEqual(await node.call('DEL', { ...first, containerId: 'never seen' }, { withResult: false }), none);
  assert.deepEqual(node.elements('veths'), ['"veth1"'], 'a dead pod is guarded until its link is gone');
  node.unplug(first);
  await awaitElements('veths', []);
});

test('a late DEL does not touch the pod that has the address since', async () => {
  await authorise(server.client, {});
  await node.start();
  await serve();
  await node.call('ADD', first);
  await node.call('DEL', first);
  node.unplug(first);
  const next = { ...second, address: first.address };
  await node.call('ADD', next);
  await node.call('DEL', first, { withResult: false });
  await node.call('DEL', first, { withResult: false });
  assert.deepEqual(node.elements('label'), [`${next.address} : ${label}`]);
  assert.deepEqual(node.elements('veths'), ['"veth2"']);
});

test('the sandbox that follows a failed one takes its place, and the late DEL of the failed one concerns nobody', async () => {
  await authorise(server.client, {});
  await node.start({ addLimitMs: 100 });
  const uid = await makeConfiguration(server.client, 'web', readyCondition);
  const failed = await node.call('ADD', first);
  assert.equal(failed.error?.code, 11);
  node.unplug(first);
  await authorise(server.client, { web: uid });
  await serve();
  const retried = { ...first, containerId: 'c1-again', address: '10.244.1.9', veth: 'veth9' };
  await pollUntil('ADD succeeds', async () => (await node.call('ADD', retried)).result, { timeoutMs: 30_000 });
  await node.call('DEL', first, { withResult: false });
  assert.deepEqual(node.elements('veths'), ['"veth9"']);
});

test('a restart without the API server keeps every pod, its label and its gateway', async () => {
  await authorise(server.client, {});
  await node.start();
  await serve();
  await node.call('ADD', first);
  await node.stop();
  const before = node.host.state;
  await node.start({ client: server.connect('stranger'), addLimitMs: 300 });
  const answer = await node.call('ADD', second);
  assert.equal(answer.error?.code, 11);
  assert.match(answer.error?.msg ?? '', /has not read the cluster/);
  assert.deepEqual(node.host.state, before);
  await node.call('DEL', first);
  node.unplug(first);
  await awaitElements('veths', []);
});

test('after a damaged registry the kernel stays as it is until the API server has named the pods', async () => {
  const pod = await makePod(server.client, 'pod-1', { sgc: 'web', address: first.address });
  await authorise(server.client, {});
  await node.start();
  await serve();
  await node.call('ADD', { ...first, uid: pod.metadata.uid ?? '' });
  await node.stop();
  const before = node.host.state;
  await writeFile(join(node.directory, 'attached.json'), '{"version":1,"pods":[{');
  for (const client of [server.connect('stranger'), server.connect('stranger')]) {
    await node.start({ client });
    await node.call('DEL', first);
    await node.stop();
    assert.deepEqual(node.host.state, before);
  }
  await node.start();
  await awaitElements('guard', ['"veth1" : goto guard_2']);
});

const refusals: readonly (readonly [string, () => Promise<unknown>, Partial<Sandbox>, number, RegExp])[] = [
  ['a configuration that does not exist', async () => undefined, {}, 11, /team\/web does not exist/],
  [
    'a configuration that is not ready: its own words are quoted',
    () =>
      makeConfiguration(server.client, 'web', { status: 'False', reason: 'PrefixNotFound', message: 'no prefix p; bring one' }),
    {},
    11,
    /not ready: PrefixNotFound: no prefix p; bring one/,
  ],
  [
    'a configuration that is new',
    () => makeConfiguration(server.client, 'web', undefined),
    {},
    11,
    /the operator has not answered yet/,
  ],
  [
    'no label',
    () => makeConfiguration(server.client, 'web', readyCondition),
    {},
    11,
    /has no label on this node yet \(waited 0.3 s\)/,
  ],
  [
    'no acknowledgement',
    async () => authorise(server.client, { web: await makeConfiguration(server.client, 'web', readyCondition) }),
    {},
    11,
    /no gateway of StaticGatewayConfiguration team\/web has acknowledged this node yet/,
  ],
  ['an empty annotation', async () => undefined, { sgc: '' }, 7, /annotation .* is empty/],
  ["another namespace's configuration", async () => undefined, { sgc: 'prod/web' }, 7, /"prod\/web" is not the name/],
];

for (const [title, prepare, changes, code, message] of refusals) {
  test(`ADD is refused, with what, why and what to do: ${title}`, async () => {
    await authorise(server.client, {});
    await prepare();
    await node.start({ addLimitMs: 300 });
    await pollUntil('the agent is ready', () => node.agent.whyNotReady() === undefined || undefined, { timeoutMs: 30_000 });
    const { error } = await node.call('ADD', { ...first, ...changes });
    assert.equal(error?.code, code);
    assert.match(error?.msg ?? '', message);
    assert.ok((error?.details ?? '').length > 20);
    assert.deepEqual(node.elements('veths'), []);
  });
}

test('a gateway node refuses annotated pods, and its kernel is left alone', async () => {
  const { client } = server;
  await makeNode(client, {
    name: workerName,
    address: '10.224.0.11',
    podCidr: '10.244.1.0/24',
    labels: { 'kubernetes.azure.com/mode': 'Gateway' },
  });
  try {
    await authorise(client, {});
    await node.start();
    await awaitWorker(client, 'the status says so', ({ status }) => status?.reason === 'GatewayNode');
    const { error } = await node.call('ADD', first);
    assert.equal(error?.code, 100);
    assert.match(error?.msg ?? '', /gateway node/);
    assert.deepEqual(node.host.state.namespaces[0]?.tables, []);
  } finally {
    await client.patch(nodeKind, { name: workerName }, { metadata: { labels: { 'kubernetes.azure.com/mode': null } } });
  }
});

test('an annotated pod that never passed ADD is guarded, and told so; with hostNetwork it is told that nothing can be done', async () => {
  const { client } = server;
  const events = async (reason: string) =>
    (await client.list(eventKind, { namespace: 'team' })).items.filter((event) => event.reason === reason);
  node.plug(first);
  await authorise(client, {});
  await makePod(client, 'early', { sgc: 'web', address: first.address });
  await makePod(client, 'plain', { address: '10.244.1.77' });
  await makePod(client, 'on-node', { sgc: 'web', address: '10.224.0.11', hostNetwork: true });
  await node.start();
  await awaitElements('guard', ['"veth1" : goto guard_held']);
  const options = { timeoutMs: 30_000, intervalMs: 50 };
  await pollUntil(
    'both events',
    async () => ((await events('EgressGuarded')).length > 0 && (await events('HostNetworkRefused')).length > 0) || undefined,
    options,
  );
  await client.delete(podKind, { namespace: 'team', name: 'early' }, { gracePeriodSeconds: 0 });
  await awaitElements('guard', []);
});

test('a pod that vanished without a DEL is let go when its link is gone', async () => {
  const pod = await makePod(server.client, 'pod-1', { sgc: 'web' });
  await authorise(server.client, {});
  await node.start();
  await serve();
  await node.call('ADD', { ...first, uid: pod.metadata.uid ?? '' });
  await server.client.delete(podKind, { namespace: 'team', name: 'pod-1' }, { gracePeriodSeconds: 0 });
  await pollUntil('it is leaving', async () => (await readRegistry()).includes('leaving') || undefined, { timeoutMs: 30_000 });
  assert.deepEqual(node.elements('veths'), ['"veth1"']);
  node.unplug(first);
  await awaitElements('veths', []);
});

test('a gateway that is silent is dead, draining gives it no new pods, and its first answer brings it back; ADD waits meanwhile', async () => {
  await authorise(server.client, {});
  await node.start({ addLimitMs: 300 });
  await serve();
  await node.call('ADD', first);
  const pinned = `${first.address} : goto pin_1`;
  gatewayAnswer = undefined;
  await awaitElements('gateway', []);
  assert.match((await node.call('ADD', second)).error?.msg ?? '', /no gateway .* can be reached from this node/);
  gatewayAnswer = 'draining';
  await awaitElements('gateway', [pinned]);
  gatewayAnswer = 'not-ready';
  await awaitElements('gateway', []);
  gatewayAnswer = 'ready';
  await awaitElements('gateway', [pinned]);
});

test('what others take out of the kernel is put back', async () => {
  await authorise(server.client, {});
  await node.start();
  await serve();
  await node.call('ADD', first);
  const before = node.host.state;
  await node.host.apply({ namespace: 'host', kind: 'nft', transaction: { kind: 'remove', table: 'segw' } });
  node.reportChange({ kind: 'nftables', subject: 'segw', isRemoval: true });
  await awaitElements('veths', ['"veth1"']);
  assert.deepEqual(new Set(node.host.state.namespaces[0]?.tables), new Set(before.namespaces[0]?.tables));
});

test('the plugin is installed and chained; unchained while the feature is being removed', async () => {
  const { client } = server;
  const conflist = join(node.directory, 'net.d', '05-segw.conflist');
  await authorise(client, {});
  await node.start();
  await awaitWorker(client, 'chained', ({ status }) => status?.cniChained === true && status.state === 'Ready');
  assert.match(await readFile(conflist, 'utf8'), /"type": "ptp"[^]*"type": "static-egress-gateway"/);
  assert.equal((await stat(join(node.directory, 'bin', 'static-egress-gateway'))).mode & 0o777, 0o755);
  await client.create(configMapKind, { metadata: featureConfigMap, data: { state: 'removing' } });
  await awaitWorker(client, 'unchained', ({ status }) => status?.cniChained === false && status.reason === 'Removing');
  assert.deepEqual(await readdir(join(node.directory, 'net.d')), ['10-pods.conflist']);
  await client.patch(configMapKind, featureConfigMap, { data: { state: 'enabled' } });
  await awaitWorker(client, 'chained again', ({ status }) => status?.cniChained === true);
  await client.delete(configMapKind, featureConfigMap);
});

test('the socket is for root alone, and nonsense on it is answered with an error', async () => {
  await node.start();
  assert.equal((await stat(join(node.directory, 'cni.sock'))).mode & 0o777, 0o600);
  for (const line of ['\n', '{}\n', '[]\n', '{"command":"ADD"}\n', `${'['.repeat(10_000)}\n`]) {
    const { error } = await node.send(line);
    assert.equal(error?.code, 7);
  }
});

test('a restarted agent does not take back a gateway that was dead before it has answered, whatever the API server says', async () => {
  await authorise(server.client, {});
  await node.start({ addLimitMs: 300 });
  await serve();
  await node.call('ADD', first);
  gatewayAnswer = undefined;
  await awaitElements('gateway', []);
  await node.stop();
  const seen: string[] = [];
  const { host } = node;
  const apply = host.apply.bind(host);
  host.apply = async (step) => {
    await apply(step);
    seen.push(...node.elements('gateway'));
  };
  await node.start({ addLimitMs: 300 });
  assert.match((await node.call('ADD', second)).error?.msg ?? '', /no gateway .* can be reached from this node/);
  assert.deepEqual(seen, []);
  gatewayAnswer = 'ready';
  await pollUntil('the gateway is used', () => node.elements('gateway').length > 0 || undefined, { timeoutMs: 30_000 });
});
