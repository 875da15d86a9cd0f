import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longestSilenceMs, parseSample } from './address-samples.ts';

test('a line with an answer, one without, and noise', () => {
  assert.deepEqual(parseSample('1795500000123 203.0.113.4'), { atMs: 1_795_500_000_123, address: '203.0.113.4' });
  assert.deepEqual(parseSample('1795500000123 '), { atMs: 1_795_500_000_123, address: undefined });
  assert.equal(parseSample('curl: (7) failed'), undefined);
});

test('the longest silence lies between two answers; failures in between do not shorten it', () => {
  const at = (atMs: number, address?: string) => ({ atMs, address });
  assert.equal(longestSilenceMs([at(0, 'a'), at(50, 'a'), at(300), at(600, 'b'), at(650, 'b')]), 550);
  assert.equal(longestSilenceMs([at(0, 'a')]), 0);
  assert.equal(longestSilenceMs([]), 0);
});
