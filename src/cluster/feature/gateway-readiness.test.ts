import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayStatus } from '../../api/gateway-status.ts';
import type { KubeObject } from '../../kube/object.ts';
import { gatewayLag } from './gateway-readiness.ts';

function node(name: string, pool = 'gw'): KubeObject {
  return { metadata: { name, uid: `uid-${name}`, labels: { 'kubernetes.azure.com/agentpool': pool } } };
}

function status(name: string, serves: readonly string[], change: Partial<GatewayStatus['status']> = {}): GatewayStatus {
  return {
    metadata: { name, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: `uid-${name}` }] },
    spec: { number: 1 },
    status: {
      state: 'Ready',
      configurations: serves.map((one) => ({
        namespace: 'team',
        name: one,
        uid: `uid-${one}`,
        generation: 1,
        secondaryAddress: '10.224.0.9',
      })),
      ...change,
    },
  };
}

const nodes = [node('a'), node('b'), node('c', 'other')];
const peers = [status('b', ['x', 'y']), status('c', ['z'])];

const cases: readonly [what: string, own: readonly GatewayStatus[], lag: string | undefined][] = [
  ['that serves what its pool serves lacks nothing', [status('a', ['y', 'x'])], undefined],
  ['without a status is waited for', [], 'it has no GatewayStatus yet'],
  ['that has not reported is waited for', [{ ...status('a', []), status: {} }], 'NotReady: it has not reported yet'],
  ['that drains is waited for', [status('a', ['x', 'y'], { state: 'Draining', message: 'cordoned' })], 'Draining: cordoned'],
  ['that serves less than its pool is waited for', [status('a', ['x'])], 'it does not serve team/y yet'],
];
for (const [what, own, lag] of cases)
  test(`a gateway ${what}`, () => {
    assert.equal(gatewayLag('a', { nodes, statuses: [...own, ...peers] }), lag);
  });

test('the status of an earlier node of the same name does not count', () => {
  const stale = status('a', ['x', 'y']);
  const reimaged = { metadata: { ...node('a').metadata, uid: 'another' } };
  assert.equal(gatewayLag('a', { nodes: [reimaged, node('b')], statuses: [stale, ...peers] }), 'it has no GatewayStatus yet');
});
