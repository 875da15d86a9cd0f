import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { gateway } from '../../test/support/dataplane/worlds.ts';
import type { GatewayState } from './model.ts';
import { chooseGateway, servingGateways } from './spread.ts';

const four = [1, 2, 3, 4].map((number) => gateway(number));

function numbersFor(keys: readonly string[], gateways = four): (number | undefined)[] {
  return keys.map((key) => chooseGateway(key, gateways)?.number);
}

/** The deviation of the worst of four shares of 1,000 pods from 250. */
function worstDeviation(keys: readonly string[], gateways = four): number {
  const chosen = numbersFor(keys, gateways);
  const shares = gateways.map(({ number }) => chosen.filter((other) => other === number).length);
  return Math.max(...shares.map((share) => Math.abs(share - keys.length / gateways.length))) / (keys.length / gateways.length);
}

test('a thousand pods are spread over four gateways within 20 %, whatever numbers they have', () => {
  const thousand = fc.array(fc.uuid({ version: 4 }), { minLength: 1000, maxLength: 1000, size: 'max' });
  const anyFour = fc.uniqueArray(fc.integer({ min: 1, max: 124 }), { minLength: 4, maxLength: 4 });
  // Chance is not even: three standard deviations are 16 %. The seed makes it the same chance every time.
  for (const [keys, numbers] of fc.sample(fc.tuple(thousand, anyFour), { seed: 6, numRuns: 100 })) {
    const deviation = worstDeviation(
      keys,
      numbers.map((number) => gateway(number)),
    );
    assert.ok(deviation <= 0.2, `${numbers.join()}: ${String(deviation)}`);
  }
});

test('so are uids that only count', () => {
  for (const seed of ['5f1c', 'a0', '']) {
    const keys = Array.from({ length: 1000 }, (_, index) => `${seed}6e1b2c04-8f9d-4f0a-9d3e-${String(index).padStart(12, '0')}`);
    assert.ok(worstDeviation(keys) <= 0.2);
  }
});

test('a gateway that goes moves its own pods and no other', () => {
  fc.assert(
    fc.property(fc.array(fc.uuid(), { maxLength: 50 }), fc.constantFrom(1, 2, 3, 4), (keys, gone) => {
      const before = numbersFor(keys);
      const after = numbersFor(
        keys,
        four.filter(({ number }) => number !== gone),
      );
      before.forEach((number, index) => {
        if (number === gone) assert.notEqual(after[index], gone);
        else assert.equal(after[index], number);
      });
    }),
  );
});

test('a gateway that comes takes pods only for itself, about its share, and gives them back when it goes', () => {
  const five = [...four, gateway(5)];
  fc.assert(
    fc.property(fc.array(fc.uuid(), { minLength: 200, maxLength: 200 }), (keys) => {
      const [before, after] = [numbersFor(keys), numbersFor(keys, five)];
      const moved = keys.filter((_, index) => before[index] !== after[index]);
      assert.deepEqual(new Set(numbersFor(moved, five)), new Set(moved.length > 0 ? [5] : []));
      assert.ok(moved.length < keys.length / 2, `${String(moved.length)} moved`);
    }),
    { numRuns: 50 },
  );
});

test('a gateway that drains or dies and returns has the pods that it had', () => {
  const states = fc.constantFrom<GatewayState>('ready', 'draining', 'dead');
  fc.assert(
    fc.property(fc.array(fc.uuid(), { maxLength: 50 }), fc.array(states, { minLength: 4, maxLength: 4 }), (keys, chosen) => {
      const between = four.map((each, index) => ({ ...each, state: chosen[index] ?? 'ready' }));
      const [first, meanwhile] = [numbersFor(keys), numbersFor(keys, between)];
      const isServing = (number: number | undefined) => servingGateways(between).some((each) => each.number === number);
      keys.forEach((_, index) => assert.ok(!isServing(first[index]) || first[index] === meanwhile[index]));
    }),
  );
});

test('the order of the gateways does not matter', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.shuffledSubarray(four, { minLength: 4 }), (key, shuffled) =>
      assert.equal(chooseGateway(key, shuffled), chooseGateway(key, four)),
    ),
  );
});

const cases: [states: GatewayState[], serving: number[]][] = [
  [
    ['ready', 'ready'],
    [1, 2],
  ],
  [['ready', 'draining'], [1]],
  [['dead', 'draining'], [2]],
  [
    ['draining', 'draining'],
    [1, 2],
  ],
  [['dead', 'dead'], []],
  [[], []],
];

for (const [states, serving] of cases) {
  test(`of gateways that are ${states.join(', ') || 'none'}, ${serving.join(' and ') || 'nobody'} serves`, () => {
    const gateways = states.map((state, index) => gateway(index + 1, { state }));
    assert.deepEqual(
      servingGateways(gateways).map(({ number }) => number),
      serving,
    );
    assert.equal(chooseGateway('pod', gateways) === undefined, serving.length === 0);
  });
}
