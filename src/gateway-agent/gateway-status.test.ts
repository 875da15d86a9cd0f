import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayStatusStatus } from '../api/gateway-status.ts';
import { configurationOf, factsOf, keyOf, ready, workerOf } from '../../test/support/gateway-agent/objects.ts';
import type { DrainState } from './drain.ts';
import type { PlaneState } from './gateway-plane.ts';
import { desiredStatus, probeAnswer, statusPatch, type StatusFacts } from './gateway-status.ts';
import { planGateway } from './inputs.ts';
import type { Trouble } from './trouble.ts';

const plan = planGateway(factsOf({ vmConfigurations: [configurationOf('a')], workers: [workerOf(1, { labels: ['a'] })] }));
const programmed = plan.kind === 'serve' ? plan.programme : undefined;
const refused: Trouble = { reason: 'KernelRefused', message: 'create link wg0: EPERM' };
const removed: Trouble = { reason: 'Removed', message: 'all gone' };

const early = '2026-01-01T00:00:00Z';
const late = '2026-01-02T00:00:00Z';

const serving: PlaneState = { programmed, isWhole: true, trouble: undefined };

const draining: DrainState = { why: 'the node is cordoned', connections: 3, isDrained: false };
const drained: DrainState = { ...draining, connections: 0, isDrained: true };

function factsWith(plane: PlaneState, drain?: DrainState): StatusFacts {
  return { plane, drain, publicKey: keyOf('gateway'), endpoint: '10.224.0.21:6000' };
}

const states: readonly (readonly [
  what: string,
  plane: PlaneState,
  drain: DrainState,
  expected: readonly [state: string, reason: string | undefined, acknowledges: boolean, answer: string | undefined],
])[] = [
  ['serves', serving, undefined, ['Ready', undefined, true, 'ready']],
  ['drains', serving, draining, ['Draining', 'Draining', true, 'draining']],
  ['is drained', serving, drained, ['Draining', 'Drained', true, 'draining']],
  ['cannot do more', { ...serving, trouble: refused }, undefined, ['NotReady', 'KernelRefused', true, 'ready']],
  ['cannot do more, and drains', { ...serving, trouble: refused }, draining, ['NotReady', 'KernelRefused', true, 'draining']],
  [
    'lacks something',
    { programmed, isWhole: false, trouble: refused },
    undefined,
    ['NotReady', 'KernelRefused', false, undefined],
  ],
  [
    'has never served',
    { programmed: undefined, isWhole: false, trouble: refused },
    undefined,
    ['NotReady', 'KernelRefused', false, undefined],
  ],
  [
    'has taken all away',
    { programmed: undefined, isWhole: true, trouble: removed },
    undefined,
    ['NotReady', 'Removed', false, 'not-ready'],
  ],
];

for (const [what, plane, drain, [state, reason, acknowledges, answer]] of states)
  test(`a gateway that ${what} is ${state}, ${acknowledges ? 'acknowledges' : 'acknowledges nothing'}, and answers ${String(answer)}`, () => {
    const status = desiredStatus(ready(3), factsWith(plane, drain), early);
    assert.equal(status.state, state);
    assert.equal(status.reason, reason);
    assert.equal(status.configurations?.length, acknowledges ? 1 : 0);
    assert.equal(status.workers?.length, acknowledges ? 1 : 0);
    assert.equal(probeAnswer({ plane, drain }), answer);
  });

test('what a gateway that serves says is who it is and what it carries', () => {
  assert.deepEqual(desiredStatus(ready(3), factsWith(serving), early), {
    observedGeneration: 1,
    publicKey: keyOf('gateway'),
    endpoint: '10.224.0.21:6000',
    state: 'Ready',
    since: early,
    configurations: [{ namespace: 'team', name: 'a', uid: 'uid-a', generation: 3, secondaryAddress: '10.224.0.101' }],
    workers: [{ name: 'worker-1', generation: 5, publicKey: keyOf('worker-1') }],
  });
});

test('the time stays while the state does', () => {
  const before: GatewayStatusStatus = { state: 'Ready', since: early };
  assert.equal(desiredStatus({ ...ready(3), status: before }, factsWith(serving), late).since, early);
  assert.equal(desiredStatus({ ...ready(3), status: before }, factsWith(serving, draining), late).since, late);
});

test('a message is as long as the API server takes it', () => {
  const trouble: Trouble = { reason: 'KernelRefused', message: 'x'.repeat(5000) };
  assert.equal(desiredStatus(ready(3), factsWith({ ...serving, trouble }), early).message?.length, 1024);
});

test('the same status in another order is no change', () => {
  const desired = desiredStatus(ready(3), factsWith(serving), early);
  const stored: GatewayStatusStatus = Object.fromEntries(Object.entries(desired).toReversed());
  assert.equal(statusPatch(stored, desired), undefined);
});

test('a patch takes away the reason that no longer holds', () => {
  const before = desiredStatus(ready(3), factsWith({ ...serving, trouble: refused }), early);
  const desired = desiredStatus({ ...ready(3), status: before }, factsWith(serving), late);
  assert.deepEqual(statusPatch(before, desired), { status: { reason: null, message: null, ...desired } });
});
