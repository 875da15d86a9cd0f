import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Health, healthAfter, unknownHealth } from './health.ts';

function after(results: readonly boolean[], threshold: number): Health {
  return results.reduce((health, result) => healthAfter(health, result, threshold), unknownHealth);
}

test('a member is up after as many answers in a row as the threshold says', () => {
  const table: [boolean[], number, boolean][] = [
    [[], 1, false],
    [[true], 1, true],
    [[true], 2, false],
    [[true, false, true], 2, false],
    [[true, true], 2, true],
  ];
  for (const [results, threshold, isUp] of table) assert.equal(after(results, threshold).isUp, isUp, results.join());
});

test('it goes down as slowly as it came up', () => {
  assert.equal(after([true, true, false], 2).isUp, true);
  assert.equal(after([true, true, false, true, false], 2).isUp, true);
  assert.equal(after([true, true, false, false], 2).isUp, false);
});
