import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../base/log.ts';
import { KubeClient } from '../kube/client.ts';
import type { Pod } from './cluster-objects.ts';
import { podsToEvict, removeNode } from './drain.ts';

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

interface Answer {
  readonly status: number;
  readonly body: object;
}

/** A cluster with one node and its pods. `evict` decides what becomes of a pod that is asked to go. */
function clusterOf(pods: Map<string, Pod>, evict: (name: string) => Answer) {
  const requests: string[] = [];
  const answer = (method: string, path: string): Answer => {
    if (method === 'GET') return { status: 200, body: { metadata: { resourceVersion: '1' }, items: [...pods.values()] } };
    const evicted = /pods\/([^/]+)\/eviction$/.exec(path)?.[1];
    return evicted === undefined ? { status: 200, body: readyNode } : evict(evicted);
  };
  const client = new KubeClient({
    send: ({ method, path }) => {
      if (method !== 'GET') requests.push(`${method} ${path}`);
      const { status, body } = answer(method, path);
      return Promise.resolve({ status, headers: {}, body: bodyOf(JSON.stringify(body)) });
    },
  });
  return { client, requests };
}

function bodyOf(text: string) {
  return {
    text: () => Promise.resolve(text),
    async *[Symbol.asyncIterator]() {
      yield Promise.resolve(Buffer.from(text));
    },
  };
}

const readyNode = { metadata: { name: 'n' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
const evicted: Answer = { status: 201, body: {} };
const overBudget: Answer = { status: 429, body: { message: "it would violate the pod's disruption budget" } };
const log = createLogger('test', { level: 'silent' });

function podsNamed(...names: readonly string[]): Map<string, Pod> {
  return new Map(names.map((name) => [name, { metadata: { name, namespace: 'x' } }]));
}

test('a node goes when its last pod has gone, however often a budget has refused that', async () => {
  const pods = podsNamed('guard');
  let refusals = 3;
  const { client, requests } = clusterOf(pods, (name) => {
    if (refusals-- > 0) return overBudget;
    pods.delete(name);
    return evicted;
  });
  await removeNode(client, { nodeName: 'n', limitMs: 60_000.5, intervalMs: 1 }, log);
  const eviction = 'POST /api/v1/namespaces/x/pods/guard/eviction';
  assert.deepEqual(requests, ['PATCH /api/v1/nodes/n', ...Array<string>(4).fill(eviction), 'DELETE /api/v1/nodes/n']);
});

test('a pod that takes its time is asked once, and awaited', async () => {
  const pods = podsNamed('guard');
  const { client, requests } = clusterOf(pods, (name) => {
    pods.set(name, { metadata: { name, namespace: 'x', deletionTimestamp: '2026-01-01T00:00:00Z' } });
    setTimeout(() => pods.delete(name), 20);
    return evicted;
  });
  await removeNode(client, { nodeName: 'n', limitMs: 60_000, intervalMs: 1 }, log);
  assert.deepEqual(pods, new Map());
  assert.equal(requests.filter((request) => request.endsWith('/eviction')).length, 1);
  assert.equal(requests.at(-1), 'DELETE /api/v1/nodes/n');
});

test('a node goes when its time is up, whatever is still on it', async () => {
  const { client, requests } = clusterOf(podsNamed('guard'), () => overBudget);
  await removeNode(client, { nodeName: 'n', limitMs: 5.5, intervalMs: 1 }, log);
  assert.equal(requests.at(-1), 'DELETE /api/v1/nodes/n');
});
