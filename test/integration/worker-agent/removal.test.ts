import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { egressWorkerKind, type EgressWorkerStatus } from '../../../src/api/egress-worker.ts';
import { featureConfigMap, nodeLeft, type FeatureState } from '../../../src/api/feature.ts';
import { gatewayStatusKind } from '../../../src/api/gateway-status.ts';
import { systemNamespace } from '../../../src/api/names.ts';
import { staticGatewayConfigurationKind } from '../../../src/api/static-gateway-configuration.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { MemoryHost } from '../../../src/dataplane/memory/memory-host.ts';
import { configMapKind } from '../../../src/kube/config-map.ts';
import type { ResponderLoop } from '../../../src/tunnel-probe/responder-loop.ts';
import { podKind } from '../../../src/worker-agent/kube-kinds.ts';
import { startApiServer, type ApiServer } from '../../support/api-server.ts';
import {
  answerProbes,
  authorise,
  awaitWorker,
  makeCluster,
  makePod,
  makeServing,
  workerKeys,
  workerName,
} from './example-cluster.ts';
import { resultOf, TestNode, type Sandbox } from './test-node.ts';

let server: ApiServer;
let responder: ResponderLoop;
let node: TestNode;

const veth = 'veth1';
const address = '10.244.1.2';
const untouched = new MemoryHost().state;

before(async () => {
  server = await startApiServer();
  responder = await answerProbes(() => 'ready');
  await makeCluster(server.client);
  await server.client.create(configMapKind, { metadata: featureConfigMap, data: { state: 'enabled' } });
});

after(async () => {
  await responder.stop();
  await server.stop();
});

beforeEach(async () => {
  node = await TestNode.create(server.client);
  await switchTo('enabled');
  await authorise(server.client, {});
});

afterEach(async () => {
  await node.remove();
  const { client } = server;
  await client.delete(egressWorkerKind, { namespace: systemNamespace, name: workerName });
  await client.delete(gatewayStatusKind, { namespace: systemNamespace, name: 'gateway-1' });
  await client.delete(staticGatewayConfigurationKind, { namespace: 'team', name: 'web' });
  for (const { metadata } of (await client.list(podKind, { namespace: 'team' })).items) await deletePod(metadata.name);
});

async function switchTo(state: FeatureState): Promise<void> {
  await server.client.patch(configMapKind, featureConfigMap, { data: { state } });
}

async function deletePod(name: string): Promise<void> {
  await server.client.delete(podKind, { namespace: 'team', name }, { gracePeriodSeconds: 0 });
}

/** An agent that serves a pod. */
async function startWithPod(): Promise<Sandbox> {
  const { metadata } = await makePod(server.client, 'pod-1', { sgc: 'web', address });
  const sandbox: Sandbox = { containerId: 'c1', uid: metadata.uid ?? '', name: 'pod-1', address, veth, sgc: 'web' };
  await node.start();
  await makeServing(server.client);
  assert.deepEqual(await node.call('ADD', sandbox), { result: resultOf(sandbox) });
  return sandbox;
}

async function awaitStatus(what: string, isDone: (status: EgressWorkerStatus) => boolean): Promise<EgressWorkerStatus> {
  const { status } = await awaitWorker(server.client, what, ({ status: current }) => current !== undefined && isDone(current));
  return status ?? {};
}

/** Besides what the node had before, and what a running agent needs. */
async function filesOfOurs(): Promise<readonly string[]> {
  const names = await readdir(node.directory, { recursive: true });
  return names.filter((name) => !['bin', 'cni.sock', 'net.d', 'net.d/10-pods.conflist', 'plugin'].includes(name)).sort();
}

test('without attached pods the node is left: kernel, files, plugin; what others have there stays', async () => {
  await writeFile(join(node.directory, 'sgw9.want'), '{"device":"sgw9"}\n');
  await writeFile(join(node.directory, 'wg0.want'), '{"device":"wg0"}\n');
  await node.start();
  await awaitStatus('chained', ({ cniChained }) => cniChained === true);
  await switchTo('removing');
  const { wanted, cniChained } = await awaitStatus('left', ({ reason }) => reason === nodeLeft);
  assert.deepEqual([wanted, cniChained], [[], false]);
  assert.deepEqual(node.host.state, untouched);
  assert.deepEqual(await filesOfOurs(), ['wg0.want']);
});

test('a pod that is attached is refused, guards its node until it is gone, and only then the node is left', async () => {
  const sandbox = await startWithPod();
  await switchTo('removing');
  const { wanted } = await awaitStatus('unchained', ({ cniChained }) => cniChained === false);
  assert.deepEqual(wanted, [{ namespace: 'team', name: 'web', pods: 1 }]);
  await pollUntil('no gateway is used any more', () => node.host.state.namespaces[0]?.links.length === 0 || undefined, {
    timeoutMs: 30_000,
  });
  assert.deepEqual(node.elements('veths'), [`"${veth}"`]);
  assert.deepEqual(node.elements('gateway'), []);

  await node.call('DEL', sandbox);
  await deletePod('pod-1');
  await awaitStatus('no pod', (status) => status.wanted?.length === 0);
  assert.deepEqual(node.elements('veths'), [`"${veth}"`], 'its link may still send');
  node.unplug(sandbox);
  await awaitStatus('left', ({ reason }) => reason === nodeLeft);
  assert.deepEqual(node.host.state, untouched);
  assert.deepEqual(await filesOfOurs(), []);
});

test('pods that start meanwhile are nobody to us, also after a restart; one that comes through the old chain is refused', async () => {
  const sandbox = await startWithPod();
  await switchTo('removing');
  await awaitStatus('unchained', ({ cniChained }) => cniChained === false);
  const late: Sandbox = { containerId: 'c2', uid: 'late', name: 'late', address: '10.244.1.3', veth: 'veth2', sgc: 'web' };
  const { error } = await node.call('ADD', late);
  assert.equal(error?.code, 11);
  assert.match(error?.msg ?? '', /is being removed/);
  await makePod(server.client, 'late', { sgc: 'web', address: late.address });
  await node.stop();
  await node.start();
  await pollUntil('read', () => node.agent.whyNotReady() === undefined || undefined, { timeoutMs: 30_000 });
  assert.deepEqual(node.elements('veths'), [`"${veth}"`]);
  node.unplug(sandbox);
  await deletePod('pod-1');
  await awaitStatus('left', ({ reason }) => reason === nodeLeft);

  await node.stop();
  await node.start();
  await pollUntil('read', () => node.agent.whyNotReady() === undefined || undefined, { timeoutMs: 30_000 });
  await awaitStatus('left', ({ reason }) => reason === nodeLeft);
  assert.deepEqual(node.host.state, untouched);
});

test('enabled again, with a pod or on a node that was left, the agent serves as before', async () => {
  const sandbox = await startWithPod();
  const before = node.host.state;
  await switchTo('removing');
  await awaitStatus('unchained', ({ cniChained }) => cniChained === false);
  await switchTo('enabled');
  await awaitStatus('ready', ({ state }) => state === 'Ready');
  await pollUntil('the pod is served', () => node.elements('gateway').length === 1 || undefined, { timeoutMs: 30_000 });
  assert.deepEqual(new Set(node.host.state.namespaces[0]?.links), new Set(before.namespaces[0]?.links));

  await switchTo('removing');
  node.unplug(sandbox);
  await deletePod('pod-1');
  await awaitStatus('left', ({ reason }) => reason === nodeLeft);
  await switchTo('enabled');
  await awaitStatus('ready', ({ state, reason }) => state === 'Ready' && reason === undefined);
  const next: Sandbox = { ...sandbox, containerId: 'c3', uid: 'uid-3', name: 'pod-3' };
  assert.deepEqual(await node.call('ADD', next), { result: resultOf(next) });
  assert.deepEqual(node.elements('veths'), [`"${veth}"`]);
  await pollUntil('a first verdict', async () => (await filesOfOurs()).includes('verdicts.json') || undefined, {
    timeoutMs: 30_000,
  });
  assert.deepEqual(await filesOfOurs(), [
    'attached.json',
    'bin/static-egress-gateway',
    'net.d/05-segw.conflist',
    'surroundings.json',
    'verdicts.json',
    'worker.key',
  ]);
  assert.equal(await readFile(join(node.directory, 'worker.key'), 'utf8'), `${workerKeys.privateKey.reveal()}\n`);
});

test('the end of the ConfigMap does not enable the feature: it goes with the namespace', async () => {
  const { client } = server;
  await node.start();
  await switchTo('removing');
  await awaitStatus('left', ({ reason }) => reason === nodeLeft);
  await client.delete(configMapKind, featureConfigMap);
  try {
    await client.patch(
      egressWorkerKind,
      { namespace: systemNamespace, name: workerName },
      { status: { message: 'seen' } },
      { subresource: 'status' },
    );
    await awaitStatus('left', ({ message, reason }) => message !== 'seen' && reason === nodeLeft);
    assert.deepEqual(await filesOfOurs(), []);
  } finally {
    await client.create(configMapKind, { metadata: featureConfigMap, data: { state: 'enabled' } });
  }
});
