import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NftChain, NftTable } from '../../dataplane/nft/table.ts';
import { recognise, withoutElements } from './written-table.ts';

function table(chains: readonly NftChain[], setType: string, elements: readonly string[] = []): NftTable {
  const pods = { name: 'pods', type: setType, isInterval: false, isGuard: false, elements: elements.map((key) => ({ key })) };
  return { name: 'segw', isOwned: false, counters: [], sets: [pods], chains };
}

const given = {
  ...table(
    [
      { name: 'pin', rules: ['ct mark set 1'] },
      { name: 'lost', rules: ['drop'] },
    ],
    'typeof ip saddr',
  ),
};
const spelled = table(
  [
    { name: 'pin', rules: ['ct mark set 0x00000001'] },
    { name: 'lost', rules: ['drop'] },
  ],
  'type ipv4_addr',
);

test('what nobody changed is returned in our words, with the elements that are there', () => {
  const observed = { ...spelled, sets: spelled.sets.map((set) => ({ ...set, elements: [{ key: '10.244.1.2' }] })) };
  assert.deepEqual(recognise(observed, { given, spelled }), table([...given.chains], 'typeof ip saddr', ['10.244.1.2']));
});

test('what somebody changed is returned as it is: each chain and each set by itself', () => {
  const foreign: NftChain = { name: 'foreign', hook: 'type filter hook forward priority filter; policy drop', rules: [] };
  const changed: NftChain = { name: 'lost', rules: ['drop', 'accept'] };
  const observed = table([...spelled.chains.slice(0, 1), changed, foreign], 'type ipv4_addr; size 10');
  const recognised = recognise(observed, { given, spelled });
  assert.deepEqual(recognised.chains, [given.chains[0], changed, foreign]);
  assert.deepEqual(recognised.sets, observed.sets);
});

test('a base chain that was moved to another hook is another one', () => {
  const hooked = { name: 'lost', hook: 'type filter hook input priority filter; policy accept', rules: ['drop'] };
  assert.deepEqual(recognise(table([hooked], 'type ipv4_addr'), { given, spelled }).chains, [hooked]);
});

test('to see how a table is spelled, neither its elements nor its owner are needed', () => {
  assert.deepEqual(
    withoutElements({ ...table([], 'type ipv4_addr', ['10.244.1.2']), isOwned: true }),
    table([], 'type ipv4_addr'),
  );
});
