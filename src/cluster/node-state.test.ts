import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleCluster, exampleGatewayNode } from '../../test/support/example-cluster.ts';
import type { Lease } from '../kube/lease.ts';
import type { Node } from './cluster-objects.ts';
import type { Taint } from './node-labels.ts';
import { desiredNodePatch, desiredTaintPatch, unreadyReason } from './node-state.ts';

const since = new Date('2026-01-01T12:00:00Z');

function nodeWith(status: string, message: string): Node {
  return { metadata: { name: 'node' }, status: { conditions: [{ type: 'Ready', status, message }] } };
}

function leaseOf(time: string): Lease {
  return { metadata: { name: 'node' }, spec: { renewTime: time } };
}

const cases: readonly (readonly [string, Node | undefined, Lease | undefined, string | undefined])[] = [
  ['a node that has not registered', undefined, undefined, 'it has not registered'],
  ['a node without conditions', { metadata: { name: 'node' } }, undefined, 'NotReady: no condition yet'],
  [
    'a node whose runtime has no network',
    nodeWith('False', 'cni plugin not initialized'),
    undefined,
    'NotReady: cni plugin not initialized',
  ],
  ['a node without a lease', nodeWith('True', 'ok'), undefined, 'its lease is not there'],
  [
    'a node that was ready before it lost its power',
    nodeWith('True', 'ok'),
    leaseOf('2026-01-01T11:59:59Z'),
    'its lease was last renewed at 2026-01-01T11:59:59.000Z',
  ],
  ['a node with a fresh lease', nodeWith('True', 'ok'), leaseOf('2026-01-01T12:00:01Z'), undefined],
];

for (const [what, node, lease, reason] of cases)
  test(`${what} is ${reason === undefined ? 'ready' : 'not ready'}`, () => {
    assert.equal(unreadyReason(node, lease, since), reason);
  });

test('a cloud sets the labels, the pod network and the id of the machine', () => {
  const { metadata, spec } = desiredNodePatch(exampleCluster, exampleGatewayNode);
  assert.equal(metadata.labels['node-role.kubernetes.io/gateway'], '');
  assert.deepEqual(spec, {
    podCIDR: '10.244.1.0/24',
    podCIDRs: ['10.244.1.0/24'],
    providerID: exampleGatewayNode.providerId,
  });
});

test('a label that the pool had once is taken away, unless the service sets it', () => {
  const node = { ...exampleGatewayNode, formerLabels: ['team', 'kubernetes.azure.com/mode'] };
  const { labels } = desiredNodePatch(exampleCluster, node).metadata;
  assert.deepEqual([labels['team'], labels['kubernetes.azure.com/mode']], [null, 'gateway']);
});

const gatewayTaint = { key: 'kubernetes.azure.com/mode', value: 'gateway', effect: 'NoSchedule' };
const unreachable = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: '2026-01-01T12:00:00Z' };
const pooled = (taints: readonly string[], formerTaints: readonly string[] = []) => ({
  ...exampleGatewayNode,
  taints,
  formerTaints,
});

const taintCases: readonly (readonly [string, Taint[], ReturnType<typeof pooled>, readonly object[] | undefined])[] = [
  ['has what its pool has', [unreachable, gatewayTaint], exampleGatewayNode, undefined],
  ['lacks a taint', [unreachable], exampleGatewayNode, [unreachable, gatewayTaint]],
  [
    'has a taint that its pool had',
    [gatewayTaint, unreachable],
    pooled([], ['kubernetes.azure.com/mode=x:NoSchedule']),
    [unreachable],
  ],
  ['has another value', [{ ...gatewayTaint, value: 'user' }, unreachable], exampleGatewayNode, [unreachable, gatewayTaint]],
  ['has a taint of its user', [{ key: 'mine', effect: 'NoSchedule' }], pooled([]), undefined],
];
for (const [what, taints, node, expected] of taintCases)
  test(`a node that ${what} ${expected ? 'is changed for the version that was read' : 'stays as it is'}`, () => {
    const running = { metadata: { name: node.name, resourceVersion: '7' }, spec: { taints } };
    const patch = desiredTaintPatch(running, node);
    assert.deepEqual(patch?.spec.taints, expected);
    if (expected) assert.equal(patch?.metadata.resourceVersion, '7');
  });
