import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coverTable } from './cover.ts';
import { counter, guardSet, intervalSet, openingSet, type NftTable } from './table.ts';

function table(suffix: string): NftTable {
  return {
    name: 'segw',
    isOwned: false,
    counters: [counter('refused')],
    sets: [
      guardSet('veths', 'type ifname', [{ key: '"both"' }, { key: `"${suffix}"` }]),
      guardSet('guard', 'type ifname : verdict', [{ key: '"both"', value: `goto guard_${suffix}` }]),
      openingSet('want', 'type ifname : verdict', [{ key: '"both"', value: `jump want_${suffix}` }]),
      openingSet(`spread_${suffix}`, 'type mark : verdict', [{ key: '1', value: `goto want_${suffix}` }]),
      intervalSet('cluster4', 'type ipv4_addr', [suffix]),
    ],
    chains: [
      { name: `guard_${suffix}`, rules: ['drop'] },
      { name: `want_${suffix}`, rules: [] },
      { name: 'raw', rules: [suffix] },
    ],
  };
}

const cover = coverTable(table('old'), table('new'));

function elementsOf({ sets }: NftTable, name: string): string[] {
  return (sets.find((set) => set.name === name)?.elements ?? []).map(({ key, value }) => value ?? key);
}

test('guards are those of both, the new one for a link that has two', () => {
  assert.deepEqual(elementsOf(cover, 'veths').toSorted(), ['"both"', '"new"', '"old"']);
  assert.deepEqual(elementsOf(cover, 'guard'), ['goto guard_new']);
});

test('what opens traffic is as it was', () => {
  assert.deepEqual(elementsOf(cover, 'want'), ['jump want_old']);
  assert.deepEqual(elementsOf(cover, 'spread_old'), ['goto want_old']);
  assert.deepEqual(elementsOf(cover, 'spread_new'), []);
});

test('chains and ranges are the new ones, and old chains stay while something may lead to them', () => {
  assert.deepEqual(elementsOf(cover, 'cluster4'), ['new']);
  assert.deepEqual(cover.chains.find(({ name }) => name === 'raw')?.rules, ['new']);
  assert.deepEqual(cover.chains.map(({ name }) => name).toSorted(), ['guard_new', 'guard_old', 'raw', 'want_new', 'want_old']);
});

test('without a table everything is there that refuses, and nothing that opens', () => {
  const first = coverTable(undefined, table('new'));
  assert.deepEqual(elementsOf(first, 'veths'), ['"both"', '"new"']);
  assert.deepEqual(elementsOf(first, 'want'), []);
});
