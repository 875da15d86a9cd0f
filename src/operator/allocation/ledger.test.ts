import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { allocate, formatLedger, parseLedger, releaseAllBut, slotOf, withKnown, type Ledger } from './ledger.ts';

const rules = { first: 1, last: 4, restMs: 600_000 };
const start = new Date('2026-01-01T00:00:00Z');
const later = (ms: number): Date => new Date(start.getTime() + ms);

function ledgerOf(...holders: readonly string[]): Ledger {
  return holders.reduce<Ledger>((ledger, holder) => allocate(ledger, holder, rules, start) ?? ledger, new Map());
}

test('slots are given in order, and a holder keeps its own', () => {
  const ledger = ledgerOf('a', 'b', 'a');
  assert.deepEqual(formatLedger(ledger), { 1: 'a', 2: 'b' });
  assert.deepEqual(allocate(ledger, 'b', rules, start), ledger);
});

test('what was given back rests, and is given to another only then', () => {
  const resting = releaseAllBut(ledgerOf('a', 'b'), new Set(['b']), start);
  assert.equal(slotOf(allocate(resting, 'c', rules, later(599_999)) ?? new Map(), 'c'), 3);
  assert.equal(slotOf(allocate(resting, 'c', rules, later(600_000)) ?? new Map(), 'c'), 1);
});

test('the same holder gets its slot back at once, and it rests no more', () => {
  const back = allocate(releaseAllBut(ledgerOf('a', 'b'), new Set(['b']), start), 'a', rules, start);
  assert.deepEqual(back, ledgerOf('a', 'b'));
});

test('a rest counts from its beginning, however often the holder is missed', () => {
  const once = releaseAllBut(ledgerOf('a'), new Set(), start);
  assert.deepEqual(releaseAllBut(once, new Set(), later(5000)), once);
});

test('when all are taken or rest there is none', () => {
  const full = ledgerOf('a', 'b', 'c', 'd');
  assert.equal(allocate(full, 'e', rules, start), undefined);
  assert.equal(allocate(releaseAllBut(full, new Set(), start), 'e', rules, later(1000)), undefined);
});

test('a ledger that was lost is filled from the objects, which never overrule it', () => {
  const known = new Map([
    [1, 'a'],
    [2, 'b'],
  ]);
  assert.deepEqual(withKnown(new Map(), known), ledgerOf('a', 'b'));
  assert.deepEqual(withKnown(ledgerOf('b', 'a'), known), ledgerOf('b', 'a'));
});

test('it is read as it was written, and damaged lines are left out', () => {
  const ledger = releaseAllBut(ledgerOf('a', 'b'), new Set(['b']), start);
  assert.deepEqual(formatLedger(ledger), { 1: 'a 2026-01-01T00:00:00.000Z', 2: 'b' });
  assert.deepEqual(parseLedger(formatLedger(ledger)), ledger);
  assert.deepEqual(parseLedger({ one: 'a', 2: '', 3: 'c' }), new Map([[3, { holder: 'c' }]]));
});

test('whatever comes and goes, no slot has two holders and none changes hands within its rest', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const step = fc.record({
    holder: fc.constantFrom(...names),
    leaves: fc.boolean(),
    afterMs: fc.integer({ min: 0, max: 400_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let ledger: Ledger = new Map();
      let nowMs = start.getTime();
      const live = new Set<string>();
      const heldUntil = new Map<number, { holder: string; atMs: number }>();
      for (const { holder, leaves, afterMs } of steps) {
        nowMs += afterMs;
        if (leaves) {
          live.delete(holder);
          ledger = releaseAllBut(ledger, live, new Date(nowMs));
          continue;
        }
        const next = allocate(ledger, holder, rules, new Date(nowMs));
        if (next === undefined) continue;
        ledger = next;
        live.add(holder);
        const slot = slotOf(ledger, holder) ?? 0;
        const last = heldUntil.get(slot);
        assert.ok(last === undefined || last.holder === holder || nowMs - last.atMs >= rules.restMs);
        for (const one of live) heldUntil.set(slotOf(ledger, one) ?? 0, { holder: one, atMs: nowMs });
        assert.equal(new Set([...live].map((one) => slotOf(ledger, one))).size, live.size);
      }
    }),
  );
});
