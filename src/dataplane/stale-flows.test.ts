import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateway as gatewayOf, gatewayNode, pod, remoteWorker, sgc, worker } from '../../test/support/dataplane/worlds.ts';
import { desiredGateway } from './desired-gateway.ts';
import { desiredWorker } from './desired-worker.ts';
import { describeStep } from './describe-step.ts';
import type { HostState } from './host-state.ts';
import { staleFlows } from './stale-flows.ts';

const egress = [
  { sgc: 'team/a', address: '10.224.0.121' },
  { sgc: 'team/b', address: '10.224.0.131' },
];

function gatewayWith(labels: readonly (readonly [string, string])[]) {
  return desiredGateway(gatewayNode({ egress, workers: [remoteWorker(1, labels)] }));
}

test('a gateway forgets the connections of a label that goes to another SGC, and of one that is gone', () => {
  const before = gatewayWith([
    ['100.64.4.10', 'team/a'],
    ['100.64.4.11', 'team/a'],
    ['100.64.4.12', 'team/b'],
  ]);
  const after = gatewayWith([
    ['100.64.4.10', 'team/b'],
    ['100.64.4.12', 'team/b'],
    ['100.64.4.13', 'team/b'],
  ]);
  assert.deepEqual(staleFlows(before, after).map(describeStep), [
    'segw: forget flows all from 100.64.4.10',
    'segw: forget flows all from 100.64.4.11',
  ]);
});

test('a worker that restarts forgets the connections of pods that are gone or have another SGC', () => {
  const sgcs = [sgc('a'), sgc('b', { label: '100.64.4.11' })];
  const before = desiredWorker(worker({ sgcs, pods: [pod(2), pod(3), pod(4)] }));
  const after = desiredWorker(worker({ sgcs, pods: [pod(2), pod(4, { sgc: 'team/b' }), pod(5)] }));
  assert.deepEqual(staleFlows(before, after).map(describeStep), [
    'host: forget flows all from 10.244.1.3',
    'host: forget flows all from 10.244.1.4',
  ]);
});

test('connections in a namespace that goes need no step: the host forgets its own, the gateway its namespace', () => {
  const nothing: HostState = { namespaces: [] };
  const host = desiredWorker(worker({ pods: [pod(2)] }));
  const gateway = gatewayWith([['100.64.4.10', 'team/a']]);
  assert.deepEqual(staleFlows(host, nothing).map(describeStep), ['host: forget flows all from 10.244.1.2', ...endOfGateway(1)]);
  assert.deepEqual(staleFlows(gateway, nothing), []);
});

test('a worker ends what was carried by gateways that are no longer there, and nothing of dead ones', () => {
  const sgcs = [sgc('a', { gateways: [1, 2, 3] })];
  const before = desiredWorker(worker({ sgcs, gateways: [gatewayOf(1), gatewayOf(2), gatewayOf(3)] }));
  const after = desiredWorker(worker({ sgcs, gateways: [gatewayOf(1), gatewayOf(3, { state: 'dead' })] }));
  assert.deepEqual(staleFlows(before, after).map(describeStep), endOfGateway(2));
});

function endOfGateway(mark: number): string[] {
  return [`host: forget flows other-than-tcp mark 0x${String(mark)}/0x7f`, `host: kick tcp mark 0x${String(mark)}/0x7f`];
}

test('what stays as it is keeps its connections', () => {
  const state = desiredWorker(worker());
  assert.deepEqual(staleFlows(state, state), []);
});
