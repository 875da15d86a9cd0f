import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counter, intervalSet, openingSet, type NftTable } from './table.ts';
import { nftTransaction, renderTransaction } from './transaction.ts';

const table: NftTable = {
  name: 'segw',
  isOwned: false,
  counters: [counter('refused')],
  sets: [
    openingSet('gateway', 'type ipv4_addr : verdict', [{ key: '10.244.1.2', value: 'goto pin_1' }]),
    intervalSet('cluster4', 'type ipv4_addr', ['10.0.0.0/8']),
  ],
  chains: [
    { name: 'pin_1', rules: ['ct mark set 1'] },
    { name: 'forward', hook: 'type filter hook forward priority filter; policy accept', rules: ['counter name refused drop'] },
  ],
};

function withElements(name: string, elements: NftTable['sets'][number]['elements']): NftTable {
  return { ...table, sets: table.sets.map((set) => (set.name === name ? { ...set, elements } : set)) };
}

function textOf(observed: NftTable | undefined, desired: NftTable): string {
  const transaction = nftTransaction(observed, desired);
  return transaction ? renderTransaction(transaction) : '';
}

test('an equal table needs no transaction, whatever it counted and in whatever order its parts are', () => {
  const counted = { ...table, counters: [{ name: 'refused', packets: 7, bytes: 420 }] };
  assert.equal(textOf({ ...counted, chains: table.chains.toReversed(), sets: table.sets.toReversed() }, table), '');
});

test('another value for a key is a deletion and an addition in one transaction', () => {
  assert.equal(
    textOf(table, withElements('gateway', [{ key: '10.244.1.2', value: 'goto pin_2' }])),
    'delete element inet segw gateway { 10.244.1.2 }\nadd element inet segw gateway { 10.244.1.2 : goto pin_2 }\n',
  );
});

test('a set of ranges is written as a whole', () => {
  assert.equal(
    textOf(table, withElements('cluster4', [{ key: '10.0.0.0/9' }, { key: '192.0.2.7' }])),
    'flush set inet segw cluster4\nadd element inet segw cluster4 { 10.0.0.0/9, 192.0.2.7 }\n',
  );
});

test('a missing table is made, also when it has come meanwhile', () => {
  assert.equal(
    textOf(undefined, table),
    `table inet segw { }
delete table inet segw
table inet segw {
 counter refused { packets 0 bytes 0 }
 map gateway { type ipv4_addr : verdict; elements = { 10.244.1.2 : goto pin_1 }; }
 set cluster4 { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/8 }; }
 chain pin_1 {
  ct mark set 1
 }
 chain forward {
  type filter hook forward priority filter; policy accept;
  counter name refused drop
 }
}
`,
  );
});

test('a table with a foreign chain, or another rule, is rewritten and goes on counting', () => {
  const counted = { ...table, counters: [{ name: 'refused', packets: 7, bytes: 420 }] };
  const foreign = [
    { ...counted, chains: [...table.chains, { name: 'foreign', rules: ['accept'] }] },
    { ...counted, chains: table.chains.map((chain) => ({ ...chain, rules: [] })) },
    { ...counted, sets: [] },
  ];
  for (const observed of foreign)
    assert.match(textOf(observed, table), /delete table inet segw\n[^]*counter refused \{ packets 7 bytes 420 \}/);
});

test('a table that is owned says so before it is deleted', () => {
  assert.match(textOf(undefined, { ...table, isOwned: true }), /^table inet segw \{ flags owner; \}\ndelete/);
});
