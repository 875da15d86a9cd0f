import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SegwError } from '../base/error.ts';
import { toCniError } from './errors.ts';

test('what passes by itself is "try again later", what does not is refused, and both say what to do', () => {
  const later = new SegwError('AgentStarting', 'starting', { retryable: true });
  assert.deepEqual(toCniError(later), { code: 11, msg: 'starting', details: later.remedy });
  assert.equal(toCniError(new SegwError('GatewayNodeRefused', 'no')).code, 100);
  assert.equal(toCniError(new SegwError('InvalidInput', 'nonsense')).code, 7);
});

test('a foreign error is a defect', () => {
  assert.deepEqual(toCniError(new Error('boom')).code, 999);
  assert.deepEqual(toCniError('boom').msg, 'boom');
});
