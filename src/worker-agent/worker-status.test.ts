import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EgressWorker } from '../api/egress-worker.ts';
import type { RegisteredPod } from './attached-pods.ts';
import { desiredStatus, type WorkerFacts } from './worker-status.ts';

const worker: EgressWorker = { metadata: { name: 'n1', generation: 4 }, spec: { labelBlock: '100.64.4.0/22' } };

function pod(name: string, phase: RegisteredPod['phase']): RegisteredPod {
  return { uid: name, namespace: 'team', name, containerId: 'c', veth: name, address: '10.244.1.2', sgc: 'web', phase };
}

const facts: WorkerFacts = {
  publicKey: 'W=',
  nodeAddress: '10.224.0.11',
  gatewayStatuses: [7, 2].map((number) => ({ metadata: { name: `g${String(number)}` }, spec: { number } })),
  pods: [pod('a', 'attached'), pod('b', 'guarded'), pod('c', 'leaving'), pod('d', 'gone')],
  waiting: ['team/new', 'team/web'],
  chain: { isChained: true },
  notReady: undefined,
  removal: undefined,
};

test('the status says who the worker is, where, and what its pods want', () => {
  assert.deepEqual(desiredStatus(worker, facts, 'now'), {
    observedGeneration: 4,
    publicKey: 'W=',
    endpoints: [
      { gateway: 2, endpoint: '10.224.0.11:6102' },
      { gateway: 7, endpoint: '10.224.0.11:6107' },
    ],
    wanted: [
      { namespace: 'team', name: 'new', pods: 1 },
      { namespace: 'team', name: 'web', pods: 3 },
    ],
    cniChained: true,
    state: 'Ready',
    since: 'now',
  });
});

test('`since` moves with the state only', () => {
  const before = { ...worker, status: { state: 'Ready' as const, since: 'then' } };
  assert.equal(desiredStatus(before, facts, 'now').since, 'then');
  const notReady = { reason: 'ClusterNetworksUnknown', message: 'm' };
  assert.deepEqual(desiredStatus(before, { ...facts, notReady }, 'now').since, 'now');
});

test('a plugin that is not chained makes the worker not ready, and the status says why', () => {
  const { state, reason, message, cniChained } = desiredStatus(
    worker,
    { ...facts, chain: { isChained: false, problem: 'p' } },
    'now',
  );
  assert.deepEqual(
    { state, reason, message, cniChained },
    {
      state: 'NotReady',
      reason: 'NotChained',
      message: 'The CNI plugin is not chained: p.',
      cniChained: false,
    },
  );
});

test('while the feature goes the status says how far that is, also on a gateway node', () => {
  const chain = { isChained: false, problem: 'the feature is being removed' };
  const notReady = { reason: 'GatewayNode', message: 'm' };
  for (const [removal, expected] of [
    ['under way', 'Removing'],
    ['done', 'Removed'],
  ] as const) {
    const { state, reason } = desiredStatus(worker, { ...facts, chain, notReady, removal }, 'now');
    assert.deepEqual([state, reason], ['NotReady', expected]);
  }
});
