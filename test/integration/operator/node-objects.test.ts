import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { EgressWorker } from '../../../src/api/egress-worker.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { cidrContains, parseCidr } from '../../../src/base/addresses.ts';
import { isError } from '../../../src/kube/api-error.ts';
import { customResourceDefinitionKind, type CustomResourceDefinition } from '../../../src/operator/cluster-kinds.ts';
import { createMemoryCloud, type MemoryCloud } from '../../support/memory-cloud.ts';
import { openOperatorWorld, type OperatorWorld } from '../../support/operator-world.ts';

let world: OperatorWorld<MemoryCloud>;
const limit = { timeoutMs: 15_000, intervalMs: 25 };

before(async () => {
  world = await openOperatorWorld(createMemoryCloud());
  await world.startOperator();
});

after(async () => {
  await world.close();
});

async function untilNumbers(nodes: readonly string[]): Promise<ReadonlyMap<string, number>> {
  return await pollUntil(
    `${String(nodes.length)} gateways have numbers`,
    async (note) => {
      const numbers = new Map((await world.gatewayStatuses()).map(({ metadata, spec }) => [metadata.name, spec.number]));
      note([...numbers.keys()].join(' '));
      return numbers.size === nodes.length && nodes.every((node) => numbers.has(node)) ? numbers : undefined;
    },
    limit,
  );
}

async function untilWorker(name: string, holds: (worker: EgressWorker) => boolean = () => true): Promise<EgressWorker> {
  return await pollUntil(
    `EgressWorker ${name}`,
    async (note) => {
      const worker = await world.findWorker(name);
      note(JSON.stringify(worker?.spec));
      return worker && holds(worker) ? worker : undefined;
    },
    limit,
  );
}

const gateways = Array.from({ length: 12 }, (_, index) => `gateway-${String(index)}`);

test('gateways that join at once get different numbers from 1 on', async () => {
  await Promise.all(gateways.map((name) => world.joinGateway(name)));
  const numbers = [...(await untilNumbers(gateways)).values()].sort((a, b) => a - b);
  assert.deepEqual(
    numbers,
    gateways.map((_, index) => index + 1),
  );
});

test('the number of a node that left rests, and the same node gets it back', async () => {
  const before = await untilNumbers(gateways);
  const [leaver = '', ...stayers] = gateways;
  await world.removeNode(leaver);
  await untilNumbers(stayers);
  await world.joinGateway('newcomer');
  const after = await untilNumbers([...stayers, 'newcomer']);
  assert.equal(after.get('newcomer'), gateways.length + 1);
  await world.joinGateway(leaver);
  assert.equal((await untilNumbers([...gateways, 'newcomer'])).get(leaver), before.get(leaver));
});

test('workers that join at once get blocks that do not overlap', async () => {
  const workers = Array.from({ length: 12 }, (_, index) => `worker-${String(index)}`);
  await Promise.all(workers.map((name) => world.joinWorker(name)));
  const found = await Promise.all(workers.map((name) => untilWorker(name)));
  assert.equal(new Set(found.map(({ spec }) => spec.labelBlock)).size, workers.length);
  assert.ok(found.every(({ spec }) => /^100\.\d+\.\d+\.0\/22$/.test(spec.labelBlock)));
});

test('a worker gets a label for each configuration that its pods use, out of its block, and none for what does not exist', async () => {
  await world.joinWorker('labels');
  const { metadata } = await world.createConfiguration('labelled', { gatewayNodepoolName: 'pool' });
  await world.reportWanted('labels', { labelled: 2, missing: 1 });
  const { spec } = await untilWorker('labels', (worker) => (worker.spec.labels ?? []).length > 0);
  const [label, ...others] = spec.labels ?? [];
  assert.deepEqual([label?.name, label?.uid, others], ['labelled', metadata.uid, []]);
  assert.ok(cidrContains(parseCidr(spec.labelBlock, 'block'), label?.address ?? ''));
  assert.ok(!label?.address.endsWith('.0'));
  const counted = await pollUntil(
    'the usage is counted',
    async () => {
      const found = await world.findConfiguration('labelled');
      return found?.status?.attachedPods === 2 ? found : undefined;
    },
    limit,
  );
  assert.equal(counted.status?.workerNodes, 1);
});

test('a label stays after its last pod, and a configuration that is made anew gets another one', async () => {
  const before = await untilWorker('labels', (worker) => (worker.spec.labels ?? []).length === 1);
  const old = before.spec.labels?.[0];
  await world.deleteConfiguration('labelled');
  await world.untilGone('labelled');
  const { metadata } = await world.createConfiguration('labelled', { gatewayNodepoolName: 'pool' });
  const after = await untilWorker('labels', (worker) => (worker.spec.labels ?? []).length === 2);
  assert.deepEqual(after.spec.labels?.[0], old);
  assert.equal(after.spec.labels?.[1]?.uid, metadata.uid);
  assert.notEqual(after.spec.labels?.[1]?.address, old?.address);
});

test('the object of a node goes with it', async () => {
  await world.joinWorker('short-lived');
  await untilWorker('short-lived');
  await world.removeNode('short-lived');
  await pollUntil('it is gone', async () => ((await world.findWorker('short-lived')) ? undefined : true), limit);
});

test('another operator takes over, and gives no number twice', async () => {
  await world.startOperator('operator-1');
  const names = ['late-0', 'late-1', 'late-2', 'late-3'];
  const [operatorStops] = [world.stopOperators(), ...names.map((name) => world.joinGateway(name))];
  await operatorStops;
  await world.startOperator('operator-2');
  const numbers = await untilNumbers([...gateways, 'newcomer', ...names]);
  assert.equal(new Set(numbers.values()).size, numbers.size);
});

test('the operator refuses to start beside kinds of another product', async () => {
  const plural = 'gatewaylbconfigurations';
  const group = 'egressgateway.kubernetes.azure.com';
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const foreign = {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind: 'GatewayLBConfiguration' },
      versions: [{ name: 'v1alpha1', served: true, storage: true, schema }],
    },
  };
  await world.client.apply<CustomResourceDefinition>(customResourceDefinitionKind, foreign, { fieldManager: 'test' });
  await assert.rejects(world.startOperator('operator-3'), (error) => {
    assert.ok(isError(error, 'ForeignDefinitions'));
    assert.match(error.message, /gatewaylbconfigurations/);
    return true;
  });
});
