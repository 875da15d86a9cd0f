import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException } from '@kubernetes/client-node';
import { SegwError } from '../base/error.ts';
import { callApi, callApiIfFound } from './api-errors.ts';

const status = { message: 'nodes "n" is not as you think' };

function failing(code: number, body: unknown = status): () => Promise<never> {
  return async () => {
    throw new ApiException(code, 'Unknown API Status Code!', body, {});
  };
}

const answers = [
  [403, 'Forbidden', false],
  [404, 'NotFound', false],
  [409, 'Conflict', true],
  [422, 'InvalidObject', false],
  [429, 'TooManyRequests', true],
  [400, 'ApiServerError', false],
  [503, 'ApiServerError', true],
] as const;

for (const [http, code, retryable] of answers)
  test(`the answer ${String(http)} is ${code}${retryable ? ', worth another try' : ''}`, async () => {
    const message = `label node n: ${String(http)} nodes "n" is not as you think`;
    await assert.rejects(callApi('label node n', failing(http)), { name: 'SegwError', code, retryable, message });
    await assert.rejects(callApi('label node n', failing(http, JSON.stringify(status))), { message });
  });

test('a lost connection says why, and is worth another try', async () => {
  const lost = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:16443') });
  await assert.rejects(
    callApi('read node n', () => Promise.reject(lost)),
    { code: 'ApiServerUnreachable', retryable: true, message: 'read node n: fetch failed: connect ECONNREFUSED 127.0.0.1:16443' },
  );
});

test('an object that need not be there may be missing', async () => {
  assert.equal(await callApiIfFound('read node n', failing(404)), undefined);
  await assert.rejects(callApiIfFound('read node n', failing(403)), SegwError);
});
