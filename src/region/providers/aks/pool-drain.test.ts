import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drainLimitMs, drainProblem } from './pool-drain.ts';

const cases: readonly (readonly [minutes: string | number | null | undefined, expectedMs: number, isValid: boolean])[] = [
  [undefined, 120_000, true],
  [null, 120_000, true],
  [0, 120_000, true],
  [1, 60_000, true],
  [30, 1_800_000, true],
  [1440, 86_400_000, true],
  [1441, 120_000, false],
  [-1, 120_000, false],
  [1.5, 120_000, false],
  ['5', 120_000, false],
];

for (const [minutes, expectedMs, isValid] of cases)
  test(`drainTimeoutInMinutes ${JSON.stringify(minutes) ?? 'absent'}: ${isValid ? `${String(expectedMs / 1000)} s` : 'refused'}`, () => {
    const upgradeSettings = minutes === undefined ? {} : { drainTimeoutInMinutes: minutes };
    assert.equal(drainLimitMs({ upgradeSettings }, 120_000), expectedMs);
    assert.equal(drainProblem({ upgradeSettings }) === undefined, isValid);
  });
