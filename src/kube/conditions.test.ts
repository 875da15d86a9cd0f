import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCondition, setConditions, type Condition, type NewCondition } from './conditions.ts';

const before: Condition = {
  type: 'Ready',
  status: 'False',
  reason: 'NoGatewayReady',
  message: 'none',
  observedGeneration: 1,
  lastTransitionTime: '2026-01-01T00:00:00Z',
};
const now = new Date('2026-02-02T02:02:02.222Z');

function desired(rest: Partial<NewCondition>): NewCondition {
  const { lastTransitionTime, ...condition } = { ...before, ...rest };
  assert.ok(lastTransitionTime);
  return condition;
}

test('the same condition leaves the very list alone', () => {
  const list = [before];
  assert.equal(setConditions(list, [desired({})], now), list);
});

test('a new reason keeps the time of the transition', () => {
  const [condition] = setConditions([before], [desired({ reason: 'Waiting', observedGeneration: 2 })], now);
  assert.deepEqual(condition, { ...before, reason: 'Waiting', observedGeneration: 2 });
});

test('a new status gets the time of now, in whole seconds', () => {
  const [condition] = setConditions([before], [desired({ status: 'True' })], now);
  assert.equal(condition?.lastTransitionTime, '2026-02-02T02:02:02Z');
});

test('a new type is appended, others stay', () => {
  const conditions = setConditions([before], [desired({ type: 'Accepted' })], now);
  assert.deepEqual(
    conditions.map(({ type }) => type),
    ['Ready', 'Accepted'],
  );
  assert.equal(findCondition(conditions, 'Ready'), before);
});
