import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../base/error-codes.ts';
import { SegwError } from '../base/error.ts';
import { stepAfter, type Outcome, type Step } from './list-watch.ts';

const list: Step = { do: 'list' };
const watch: Step = { do: 'watch', resourceVersion: '1' };

function failed(code: ErrorCode, rest: Partial<Outcome> = { resourceVersion: '5' }): Outcome {
  return { error: new SegwError(code, 'test'), ...rest };
}

type Next = ReturnType<typeof stepAfter>;
const resumes: Next = { step: { do: 'watch', resourceVersion: '5' }, waits: true };
const starts: Next = { step: list, waits: true };

const table: readonly (readonly [what: string, Step, Outcome, Next])[] = [
  ['a list is followed by a watch from its version', list, { resourceVersion: '5' }, { ...resumes, waits: false }],
  [
    'a watch whose time was up is followed by the next one',
    watch,
    { resourceVersion: '5', isHealthy: true },
    { ...resumes, waits: false },
  ],
  ['a watch that ends at once is not asked for in a tight loop', watch, { resourceVersion: '5' }, resumes],
  ['a broken connection is resumed', watch, failed('ApiServerUnreachable'), resumes],
  ['a server in trouble is resumed', watch, failed('ApiServerError'), resumes],
  ['an expired token is resumed', watch, failed('Unauthorized'), resumes],
  ['a version that is too old means a new list', watch, failed('ResourceExpired'), starts],
  ['a damaged stream means a new list', watch, failed('MalformedResponse'), starts],
  ['an exception of a listener means a new list', watch, { error: new TypeError('x'), resourceVersion: '5' }, starts],
  ['a list that fails is repeated', list, failed('ApiServerUnreachable', {}), starts],
  ['a right that is missing is asked for again', list, failed('Forbidden', {}), starts],
];

for (const [what, step, outcome, expected] of table) {
  test(what, () => {
    assert.deepEqual(stepAfter(step, outcome), expected);
  });
}
