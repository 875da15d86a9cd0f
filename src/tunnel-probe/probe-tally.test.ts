import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProbeCount } from './probe-tally.ts';

test('a probe is answered, refused or lost, and counts once', () => {
  const count = new ProbeCount();
  for (const [index, nonce] of [1n, 2n, 3n, 4n].entries()) count.sent(nonce, index * 10);
  assert.equal(count.answered(2n, 12), true);
  assert.equal(count.answered(2n, 13), false);
  assert.equal(count.answered(9n, 13), false);
  assert.deepEqual(count.take(1005), { outcomes: { answered: 1, refused: 0, lost: 1 }, roundTripsMs: [2] });
  count.refused();
  assert.deepEqual(count.take(2000), { outcomes: { answered: 0, refused: 2, lost: 0 }, roundTripsMs: [] });
});

test('a late answer is one as long as nobody has called the probe lost', () => {
  const count = new ProbeCount();
  count.sent(1n, 0);
  assert.equal(count.answered(1n, 1500), true);
  assert.deepEqual(count.take(1500).roundTripsMs, [1500]);
});
