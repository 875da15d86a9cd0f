import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegisteredPod } from './attached-pods.ts';
import { departedPods, leavingPods } from './del.ts';
import type { Pod } from './kube-kinds.ts';
import type { PodLinks } from './pod-links.ts';
import { podChanges, type PodChanges } from './pod-watch.ts';

const links: PodLinks = {
  linkTo: (address) => (address === '10.244.1.2' ? 'veth1' : undefined),
  exists: (link) => link === 'veth1',
};

interface PodShape {
  readonly uid?: string;
  readonly sgc?: string;
  readonly address?: string;
  readonly phase?: string;
  readonly hostNetwork?: boolean;
  readonly isDeleted?: boolean;
}

function pod({
  uid = 'u1',
  sgc,
  address = '10.244.1.2',
  phase = 'Running',
  hostNetwork = false,
  isDeleted = false,
}: PodShape): Pod {
  const annotations = sgc === undefined ? {} : { 'kubernetes.azure.com/static-gateway-configuration': sgc };
  return {
    metadata: { name: 'web', namespace: 'team', uid, annotations, ...(isDeleted && { deletionTimestamp: 'now' }) },
    spec: { hostNetwork },
    status: { phase, podIP: address },
  };
}

function registered(phase: RegisteredPod['phase'], changes: Partial<RegisteredPod> = {}): RegisteredPod {
  const containerId = phase === 'guarded' ? '' : 'c1';
  return {
    uid: 'u1',
    namespace: 'team',
    name: 'web',
    containerId,
    veth: 'veth1',
    address: '10.244.1.2',
    sgc: 'a',
    phase,
    ...changes,
  };
}

const awaited = new Set(['u9']);

/** The pods of the API server, the registry, and what is put and removed. */
const cases: readonly (readonly [string, readonly Pod[], readonly RegisteredPod[], Omit<PodChanges, 'refused'>])[] = [
  ['a pod that never passed ADD is guarded', [pod({ sgc: 'a' })], [], { put: [registered('guarded')], remove: [] }],
  ['a pod without the annotation is nothing to us', [pod({})], [], { put: [], remove: [] }],
  ['a pod that passed ADD is known', [pod({ sgc: 'a' })], [registered('attached')], { put: [], remove: [] }],
  ['a pod without a link cannot be guarded', [pod({ sgc: 'a', address: '10.244.1.9' })], [], { put: [], remove: [] }],
  ['a pod that has ended needs no guard', [pod({ sgc: 'a', phase: 'Succeeded' })], [], { put: [], remove: [] }],
  ["the address of a pod that ends may be another pod's", [pod({ sgc: 'a', isDeleted: true })], [], { put: [], remove: [] }],
  ['the address of a sandbox that is gone, too', [pod({ sgc: 'a' })], [registered('gone')], { put: [], remove: [] }],
  [
    'another address means a sandbox that we never saw',
    [pod({ sgc: 'a' })],
    [registered('gone', { address: '10.244.1.8' })],
    { put: [registered('guarded')], remove: [] },
  ],
  ['a pod that vanished without DEL is leaving', [], [registered('attached')], { put: [registered('leaving')], remove: [] }],
  [
    'a pod that the API server has not shown yet has not vanished',
    [],
    [registered('attached', { uid: 'u9' })],
    { put: [], remove: [] },
  ],
  ['a guard ends with the annotation', [pod({})], [registered('guarded')], { put: [], remove: [registered('guarded')] }],
  ['a guard ends with the pod', [], [registered('guarded')], { put: [], remove: [registered('guarded')] }],
  ['what is gone is forgotten with the pod', [], [registered('gone')], { put: [], remove: [registered('gone')] }],
];

for (const [title, pods, entries, expected] of cases) {
  test(title, () => {
    const { put, remove } = podChanges({ pods, registered: entries, takesNew: true, awaited, links });
    assert.deepEqual({ put, remove }, expected);
  });
}

test("a pod in its node's network is refused, not guarded", () => {
  const onNode = pod({ sgc: 'a', hostNetwork: true });
  const facts = { pods: [onNode], registered: [], takesNew: true, awaited, links };
  assert.deepEqual(podChanges(facts), { put: [], remove: [], refused: [onNode] });
});

test('while the feature goes new pods are not guarded, and those that were ours stay so', () => {
  const gone = registered('gone', { address: '10.244.1.8' });
  const facts = { pods: [pod({ sgc: 'a' }), pod({ sgc: 'a', uid: 'u2' })], takesNew: false, awaited, links };
  assert.deepEqual(podChanges({ ...facts, registered: [] }), { put: [], remove: [], refused: [] });
  assert.deepEqual(podChanges({ ...facts, registered: [gone] }), { put: [registered('guarded')], remove: [], refused: [] });
});

test('DEL concerns the pod of this sandbox alone', () => {
  const del = { command: 'DEL' as const, ifname: 'eth0', pod: { namespace: 'team', name: 'web', uid: 'u1' }, annotations: {} };
  const pods = [registered('attached'), registered('attached', { containerId: 'c2', uid: 'u2' })];
  assert.deepEqual(leavingPods({ ...del, containerId: 'c1' }, pods), [registered('leaving')]);
  assert.deepEqual(leavingPods({ ...del, containerId: 'c0' }, pods), []);
  assert.deepEqual(leavingPods({ ...del, containerId: 'c1' }, [registered('leaving')]), []);
});

test('a pod is gone when its link is', () => {
  const without = registered('leaving', { veth: 'veth2' });
  assert.deepEqual(departedPods([registered('leaving'), without], links), [{ ...without, phase: 'gone' }]);
});
