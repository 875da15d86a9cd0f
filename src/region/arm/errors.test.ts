import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { SegwError } from '../../base/error.ts';
import { ArmError, parseBody, toArmError, toErrorBody } from './errors.ts';

const error = new ArmError(400, 'Bad', 'It is bad.', {
  target: 'a.b',
  details: [{ code: 'Bad', message: 'Very.', target: 'a.b' }],
});

test('most services nest their errors', () => {
  assert.deepEqual(toErrorBody(error, 'arm'), {
    error: { code: 'Bad', message: 'It is bad.', target: 'a.b', details: [{ code: 'Bad', message: 'Very.', target: 'a.b' }] },
  });
});

test('the Kubernetes service has them flat, with members that are always there', () => {
  assert.deepEqual(toErrorBody(new ArmError(400, 'Bad', 'It is bad.'), 'flat'), {
    code: 'Bad',
    details: null,
    message: 'It is bad.',
    subcode: '',
  });
});

test('what was not foreseen is told without its text', () => {
  const told = toArmError(new TypeError('password=hunter2'));
  assert.deepEqual([told.status, told.code], [500, 'InternalServerError']);
  assert.doesNotMatch(told.message, /hunter2/);
  assert.deepEqual(toArmError(new SegwError('Timeout', 'node n0 is not Ready')).message, 'node n0 is not Ready');
});

test('one problem of a body is told with its place, several also one by one', () => {
  const schema = z.object({ count: z.int(), name: z.string() });
  assert.deepEqual(parseBody(schema, { count: 1, name: 'n' }), { count: 1, name: 'n' });
  assert.throws(() => parseBody(schema, { count: 'x', name: 'n' }), { code: 'InvalidParameter', target: 'count', details: [] });
  assert.throws(
    () => parseBody(schema, {}),
    (thrown) => thrown instanceof ArmError && thrown.details.length === 2,
  );
  assert.throws(() => parseBody(schema, null, 'Other'), { code: 'Other', target: '' });
});
