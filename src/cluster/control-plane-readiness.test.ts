import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failedChecks } from './control-plane-readiness.ts';

test('an unready API server is described by the checks that fail', () => {
  const text = `[+]ping ok
[-]etcd failed: reason withheld
[+]informer-sync ok
[-]poststarthook/rbac/bootstrap-roles failed: reason withheld
readyz check failed
`;
  assert.equal(
    failedChecks({ status: 500, text }),
    '[-]etcd failed: reason withheld, [-]poststarthook/rbac/bootstrap-roles failed: reason withheld',
  );
});

test('an answer that lists no checks is described by its status', () => {
  assert.equal(failedChecks({ status: 403, text: '{"kind":"Status"}' }), 'HTTP 403');
});
