import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from './cluster-objects.ts';
import { podsToEvict } from './drain.ts';

function ownedBy(kind: string): Pod {
  return {
    metadata: { name: 'pod', ownerReferences: [{ apiVersion: 'apps/v1', kind, name: 'owner', uid: 'u', controller: true }] },
  };
}

function podIn(phase: string): Pod {
  return { metadata: { name: 'pod' }, status: { phase } };
}

const cases: readonly (readonly [string, Pod, boolean])[] = [
  ['a pod of a ReplicaSet', ownedBy('ReplicaSet'), true],
  ['a pod of nobody', podIn('Running'), true],
  ['a pod of a DaemonSet', ownedBy('DaemonSet'), false],
  ['a static pod', { metadata: { name: 'pod', annotations: { 'kubernetes.io/config.mirror': 'hash' } } }, false],
  ['a pod that succeeded', podIn('Succeeded'), false],
  ['a pod that failed', podIn('Failed'), false],
];

for (const [what, pod, leaves] of cases)
  test(`${what} ${leaves ? 'leaves' : 'stays on'} a drained node`, () => {
    assert.deepEqual(podsToEvict([pod]), leaves ? [pod] : []);
  });
