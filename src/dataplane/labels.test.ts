import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidrContains, formatCidr } from '../base/addresses.ts';
import { blockAt, blockCount, freeBlock, freeLabel, isLabelOf, labelSlot, tunnelAddress } from './labels.ts';
import { defaultSettings } from './settings.ts';

const block = { address: '100.64.4.0', prefixLength: 22 };

test('blocks are networks of 1,024 addresses in a row', () => {
  assert.equal(blockCount(defaultSettings), 4095);
  assert.equal(formatCidr(blockAt(defaultSettings, 0)), '100.64.0.0/22');
  assert.equal(formatCidr(blockAt(defaultSettings, 4094)), '100.127.248.0/22');
});

test('no block holds the probe address', () => {
  for (let index = 0; index < blockCount(defaultSettings); index += 1)
    assert.ok(!cidrContains(blockAt(defaultSettings, index), defaultSettings.probeAddress));
});

test('the free block is the lowest that nobody has', () => {
  const [first, second, third] = [0, 1, 2].map((index) => blockAt(defaultSettings, index));
  assert.ok(first && second && third);
  assert.deepEqual(freeBlock(defaultSettings, [first, third]), second);
  assert.equal(
    freeBlock(
      defaultSettings,
      Array.from({ length: 4095 }, (_, index) => blockAt(defaultSettings, index)),
    ),
    undefined,
  );
});

test('a worker tunnel has the first address of its block, labels the rest', () => {
  assert.equal(tunnelAddress(block), '100.64.4.1');
  assert.equal(freeLabel(block, new Set()), '100.64.4.2');
  assert.equal(freeLabel(block, new Set(['100.64.4.2', '100.64.4.3'])), '100.64.4.4');
  assert.equal(labelSlot(block, '100.64.5.0'), 256);
});

test('a full block has no free label', () => {
  const taken = new Set<string>();
  for (let label = freeLabel(block, taken); label !== undefined; label = freeLabel(block, taken)) taken.add(label);
  assert.equal(taken.size, 1021);
  assert.ok([...taken].every((label) => isLabelOf(block, label)));
});

for (const address of ['100.64.4.0', '100.64.4.1', '100.64.7.255', '100.64.8.2', '100.64.3.2', '10.0.0.1'])
  test(`${address} is no label of 100.64.4.0/22`, () => assert.ok(!isLabelOf(block, address)));
