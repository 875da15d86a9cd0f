import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Pod } from '@kubernetes/client-node';
import { podsToEvict } from './drain.ts';

function ownedBy(kind: string): V1Pod {
  return { metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind, name: 'owner', uid: 'u', controller: true }] } };
}

const cases: readonly (readonly [string, V1Pod, boolean])[] = [
  ['a pod of a ReplicaSet', ownedBy('ReplicaSet'), true],
  ['a pod of nobody', { status: { phase: 'Running' } }, true],
  ['a pod of a DaemonSet', ownedBy('DaemonSet'), false],
  ['a static pod', { metadata: { annotations: { 'kubernetes.io/config.mirror': 'hash' } } }, false],
  ['a pod that succeeded', { status: { phase: 'Succeeded' } }, false],
  ['a pod that failed', { status: { phase: 'Failed' } }, false],
];

for (const [what, pod, leaves] of cases)
  test(`${what} ${leaves ? 'leaves' : 'stays on'} a drained node`, () => {
    assert.deepEqual(podsToEvict([pod]), leaves ? [pod] : []);
  });
