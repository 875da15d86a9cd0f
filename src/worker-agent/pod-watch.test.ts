import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SegwError } from '../base/error.ts';
import type { Admission } from './admission.ts';
import type { RegisteredPod } from './attached-pods.ts';
import { departedPods, leavingPods } from './del.ts';
import type { Pod } from './kube-kinds.ts';
import type { PodLinks } from './pod-links.ts';
import { podChanges, type PodChanges, type PodFacts } from './pod-watch.ts';

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

const admit: Admission = { kind: 'admit' };
const wait: Admission = { kind: 'wait', error: new SegwError('LabelMissing', 'no label yet') };

function changes(facts: Partial<PodFacts>): PodChanges {
  return podChanges({ pods: [], registered: [], takesNew: true, awaited, links, admission: () => wait, ...facts });
}

/** The pods of the API server, the registry, what may be used, and what is put and removed. */
type Case = readonly [
  title: string,
  pods: readonly Pod[],
  registered: readonly RegisteredPod[],
  put: readonly RegisteredPod[],
  remove?: readonly RegisteredPod[],
];

const atOther = { address: '10.244.1.8' };
const alive = { containerId: '' };

const whileNothingCanBeUsed: readonly Case[] = [
  ['a pod that never passed ADD is guarded', [pod({ sgc: 'a' })], [], [registered('guarded')]],
  ['a pod without the annotation is nothing to us', [pod({})], [], []],
  ['a pod that passed ADD is known', [pod({ sgc: 'a' })], [registered('attached')], []],
  ['a pod that is guarded stays so', [pod({ sgc: 'a' })], [registered('guarded')], []],
  [
    'a guarded pod waits for what its annotation says now',
    [pod({ sgc: 'b' })],
    [registered('guarded')],
    [registered('guarded', { sgc: 'b' })],
  ],
  ['an attached pod keeps its SGC until another one can be used', [pod({ sgc: 'b' })], [registered('attached')], []],
  [
    'a pod that is annotated again while it detaches is guarded',
    [pod({ sgc: 'a' })],
    [registered('detaching')],
    [registered('guarded', { containerId: 'c1' })],
  ],
  ['a pod without a link cannot be guarded', [pod({ sgc: 'a', address: '10.244.1.9' })], [], []],
  ['a pod that has ended needs no guard', [pod({ sgc: 'a', phase: 'Succeeded' })], [], []],
  ["the address of a pod that ends may be another pod's", [pod({ sgc: 'a', isDeleted: true })], [], []],
  ['the address of a sandbox that is gone, too', [pod({ sgc: 'a' })], [registered('gone')], []],
  [
    'another address means a sandbox that we never saw',
    [pod({ sgc: 'a' })],
    [registered('gone', atOther)],
    [registered('guarded')],
  ],
  ['a pod that vanished without DEL is leaving', [], [registered('attached')], [registered('leaving')]],
  ['a pod that the API server has not shown yet has not vanished', [], [registered('attached', { uid: 'u9' })], []],
  ['a guard ends with the pod', [], [registered('guarded')], [], [registered('guarded')]],
  ['what is gone is forgotten with the pod', [], [registered('gone')], [], [registered('gone')]],
];

const whileEverythingCanBeUsed: readonly Case[] = [
  ['a running pod that is annotated is attached', [pod({ sgc: 'a' })], [], [registered('attached', alive)]],
  ['a guarded pod is attached', [pod({ sgc: 'a' })], [registered('guarded')], [registered('attached', alive)]],
  ['an attached pod stays so', [pod({ sgc: 'a' })], [registered('attached')], []],
  ['another annotation is another SGC', [pod({ sgc: 'b' })], [registered('attached')], [registered('attached', { sgc: 'b' })]],
  ['without the annotation it is detaching', [pod({})], [registered('attached')], [registered('detaching')]],
  ['without the annotation a guard ends in the same way', [pod({})], [registered('guarded')], [registered('detaching', alive)]],
  ['a detaching pod stays so', [pod({})], [registered('detaching')], []],
  [
    'a detaching pod that is annotated again is attached',
    [pod({ sgc: 'a' })],
    [registered('detaching')],
    [registered('attached')],
  ],
  ['a detaching pod that vanishes stays until its link is gone', [], [registered('detaching')], []],
  ['an object older than ADD says nothing: no annotation', [pod({})], [registered('attached', atOther)], []],
  ['an object older than ADD says nothing: another one', [pod({ sgc: 'b' })], [registered('attached', atOther)], []],
  ['a pod on its way out is left alone', [pod({ sgc: 'b' })], [registered('leaving')], []],
  [
    'of two sandboxes of a pod, the one that is there counts',
    [pod({ sgc: 'b' })],
    [registered('gone', { ...atOther, containerId: 'c0' }), registered('attached')],
    [registered('attached', { sgc: 'b' })],
  ],
];

const situations = [
  [whileNothingCanBeUsed, wait],
  [whileEverythingCanBeUsed, admit],
] as const;

for (const [cases, admission] of situations) {
  for (const [title, pods, entries, put, remove = []] of cases) {
    test(title, () => {
      const result = changes({ pods, registered: entries, admission: () => admission });
      assert.deepEqual({ put: result.put, remove: result.remove }, { put, remove });
    });
  }
}

test('what has been put is not put again', () => {
  for (const [cases, admission] of situations) {
    for (const [title, pods, entries] of cases) {
      const first = changes({ pods, registered: entries, admission: () => admission });
      const gone = new Set(first.remove);
      const replaced = new Set(first.put.map(({ uid, containerId }) => `${uid} ${containerId}`));
      const kept = entries.filter((entry) => !gone.has(entry) && !replaced.has(`${entry.uid} ${entry.containerId}`));
      const second = changes({ pods, registered: [...kept, ...first.put], admission: () => admission });
      assert.deepEqual(second.put, [], title);
    }
  }
});

/** In words: what is wrong with which pod. */
function troubles(facts: Partial<PodFacts>): string[] {
  return changes(facts).troubles.map((trouble) =>
    trouble.kind === 'host-network' ? trouble.kind : `${trouble.kind} ${trouble.sgc} ${trouble.error.code}`,
  );
}

test("a pod in its node's network is refused, not guarded", () => {
  const pods = [pod({ sgc: 'a', hostNetwork: true })];
  assert.deepEqual([changes({ pods }).put, troubles({ pods })], [[], ['host-network']]);
});

test('a pod that is guarded, or keeps another SGC, has a reason', () => {
  assert.deepEqual(troubles({ pods: [pod({ sgc: 'a' })] }), ['guarded a LabelMissing']);
  assert.deepEqual(troubles({ pods: [pod({ sgc: 'a' })], registered: [registered('guarded')] }), ['guarded a LabelMissing']);
  assert.deepEqual(troubles({ pods: [pod({ sgc: 'b' })], registered: [registered('attached')] }), ['unchanged b LabelMissing']);
  assert.deepEqual(troubles({ pods: [pod({ sgc: 'a' })], registered: [registered('attached')] }), []);
});

test('a value that is no name is never asked for: an attached pod stays, any other is guarded', () => {
  const admission = () => assert.fail('asked');
  const pods = [pod({ sgc: 'prod/web' })];
  const [entry] = changes({ pods, admission }).put;
  assert.equal(entry?.phase, 'guarded');
  assert.deepEqual(troubles({ pods, admission }), ['guarded prod/web InvalidInput']);
  const facts = { pods, registered: [registered('attached')], admission };
  assert.deepEqual([changes(facts).put, troubles(facts)], [[], ['unchanged prod/web InvalidInput']]);
});

test('while the feature goes new pods are not guarded, and those that were ours stay so', () => {
  const gone = registered('gone', atOther);
  const facts = { pods: [pod({ sgc: 'a' }), pod({ sgc: 'a', uid: 'u2' })], takesNew: false };
  assert.deepEqual(changes(facts).put, []);
  assert.deepEqual(changes({ ...facts, registered: [gone] }).put, [registered('guarded')]);
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
