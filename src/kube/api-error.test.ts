import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toApiError } from './api-error.ts';

const status = (code: number, reason: string): string =>
  JSON.stringify({ kind: 'Status', code, reason, message: `it is ${reason}` });

const table: readonly (readonly [http: number, body: string, code: string, retryable: boolean])[] = [
  [404, status(404, 'NotFound'), 'NotFound', false],
  [409, status(409, 'AlreadyExists'), 'AlreadyExists', false],
  [409, status(409, 'Conflict'), 'Conflict', true],
  [403, status(403, 'Forbidden'), 'Forbidden', false],
  [422, status(422, 'Invalid'), 'InvalidObject', false],
  [429, status(429, 'TooManyRequests'), 'TooManyRequests', true],
  [410, status(410, 'Expired'), 'ResourceExpired', true],
  [500, status(500, 'InternalError'), 'ApiServerError', true],
  [502, '<html>\nBad Gateway', 'ApiServerError', true],
  [503, '', 'ApiServerError', true],
  [401, 'null', 'Unauthorized', false],
];

for (const [http, body, code, retryable] of table) {
  test(`${String(http)} with ${JSON.stringify(body.slice(0, 40))} is ${code}`, () => {
    const error = toApiError('get Pod a/b', http, body);
    assert.deepEqual([error.code, error.retryable], [code, retryable]);
    assert.match(error.message, /^get Pod a\/b: .+ \(\d{3}\)$/s);
  });
}
