import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pod, sgc, worker } from '../../test/support/dataplane/worlds.ts';
import { movePods, settleAll } from './attachment.ts';
import { describeStep } from './describe-step.ts';
import type { AttachedPod, Sgc, WorkerInputs } from './model.ts';

const labelOfA = '100.64.4.10';
const labelOfB = '100.64.4.11';
const others = [pod(8), pod(9, { sgc: 'team/b' })];

function world(changing: AttachedPod | undefined, changes: Partial<Sgc> = {}): WorkerInputs {
  return worker({ sgcs: [sgc('a', changes), sgc('b', { label: labelOfB })], pods: [...others, ...(changing ? [changing] : [])] });
}

/** What becomes of connections; the transactions themselves are in the scenarios. */
function flows(before: WorkerInputs, after: WorkerInputs): string[] {
  return movePods(before, after)
    .filter(({ kind }) => kind === 'forget-flows' || kind === 'settle-flows')
    .map(describeStep);
}

const settled = (way: string): string => `host: settle flows of 10.244.1.2 ${way}`;

const cases: [what: string, before: AttachedPod | undefined, after: AttachedPod | undefined, flows: string[]][] = [
  ['a running pod that is attached is settled', undefined, pod(2), [settled(`by ${labelOfA}`)]],
  ['a running pod whose SGC cannot be used is held', undefined, pod(2, { sgc: '' }), [settled('held')]],
  ['a held pod that is attached is settled', pod(2, { sgc: '' }), pod(2), [settled(`by ${labelOfA}`)]],
  ['a pod that gets another SGC is settled', pod(2), pod(2, { sgc: 'team/b' }), [settled(`by ${labelOfB}`)]],
  ['a detaching pod keeps its TCP', pod(2), pod(2, { phase: 'detaching' }), [settled('direct but for its old TCP')]],
  ['a pod that is attached while it detaches is settled', pod(2, { phase: 'detaching' }), pod(2), [settled(`by ${labelOfA}`)]],
  ['a detached pod keeps everything', pod(2, { phase: 'detaching' }), undefined, []],
  ['a pod that is gone leaves nothing behind', pod(2), undefined, ['host: forget flows all from 10.244.1.2']],
  [
    'a pod that gets another address leaves nothing at the old one',
    pod(2),
    pod(2, { address: '10.244.1.77' }),
    ['host: forget flows all from 10.244.1.2', `host: settle flows of 10.244.1.77 by ${labelOfA}`],
  ],
  ['a pod that stays keeps everything', pod(2), pod(2), []],
];

for (const [what, before, after, expected] of cases)
  test(what, () => assert.deepEqual(flows(world(before), world(after)), expected));

const documentation = { address: '192.0.2.0', prefixLength: 24 };

const changesOfTheSgc: readonly (readonly [what: string, changes: Partial<Sgc>, isSettled: boolean])[] = [
  ['other excludeCidrs', { excludeCidrs: [documentation] }, true],
  ['another default route', { defaultRoute: 'azureNetworking' }, true],
  ['excludeCidrs that are the cluster anyway', { excludeCidrs: [{ address: '10.244.0.0', prefixLength: 24 }] }, false],
  ['another spread', { spread: 'perConnection' }, false],
  ['other gateways', { gateways: [1, 2] }, false],
];

for (const [what, changes, isSettled] of changesOfTheSgc) {
  test(`${what}: ${isSettled ? 'the pods of the SGC are settled, and no other' : 'connections are left alone'}`, () => {
    const expected = [`host: settle flows\n  10.244.1.2 by ${labelOfA}\n  10.244.1.8 by ${labelOfA}`];
    assert.deepEqual(flows(world(pod(2)), world(pod(2), changes)), isSettled ? expected : []);
  });
}

test('an SGC that goes leaves its pods held', () => {
  const { sgcs, ...rest } = world(pod(2));
  const expected = ['host: settle flows\n  10.244.1.2 held\n  10.244.1.8 held'];
  assert.deepEqual(flows(world(pod(2)), { ...rest, sgcs: sgcs.slice(1) }), expected);
});

test('all pods are settled where nothing is known of what was before', () => {
  assert.deepEqual(settleAll(worker({ pods: [] })), []);
  assert.deepEqual(settleAll(world(undefined)).map(describeStep), [
    `host: settle flows\n  10.244.1.8 by ${labelOfA}\n  10.244.1.9 by ${labelOfB}`,
  ]);
});
