import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTestSummary, skippedTests } from './test-summary.ts';

const finished = `TAP version 13
# Subtest: a
ok 1 - a
    ok 1 - inner # SKIP no kernel module
1..2
# tests 6
# suites 1
# pass 3
# fail 1
# cancelled 1
# skipped 1
# todo 0
# duration_ms 12.5
`;

describe('the summary of a test run', () => {
  it('counts what was cancelled as failed', () => {
    assert.deepEqual(readTestSummary(finished, { maySkip: true }), { passed: 3, failed: 2 });
  });

  it('counts what was skipped as failed where nothing may be skipped', () => {
    assert.deepEqual(readTestSummary(finished, { maySkip: false }), { passed: 3, failed: 3 });
    assert.deepEqual(skippedTests(finished), ['inner # SKIP no kernel module']);
  });

  it('is one failure when the run was cut off', () => {
    for (const cutOff of ['', 'TAP version 13\nok 1 - a\n', '# pass 3\n']) {
      assert.deepEqual(readTestSummary(cutOff, { maySkip: true }), { passed: 0, failed: 1 });
    }
  });
});
