import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeReasons, type DrainReasons } from './drain-reasons.ts';

const cases: readonly (readonly [reasons: DrainReasons, expected: string | undefined])[] = [
  [{ isCordoned: false }, undefined],
  [{ isCordoned: true }, 'the node is cordoned'],
  [{ isCordoned: false, maintenance: 'scheduled event Reboot' }, 'scheduled event Reboot'],
  [{ isCordoned: true, maintenance: 'scheduled event Reboot' }, 'the node is cordoned; scheduled event Reboot'],
  [{ isCordoned: false, isLeaving: true }, 'the agent is taking everything out of the kernel'],
];

for (const [reasons, expected] of cases)
  test(`${JSON.stringify(reasons)}: ${expected ?? 'no reason to drain'}`, () => {
    assert.equal(describeReasons(reasons), expected);
  });
