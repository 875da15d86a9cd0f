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

test('a thousand pods are spread over four gateways within 20 %', () => {
  for (const seed of ['5f1c', 'a0', '']) {
    const keys = Array.from({ length: 1000 }, (_, index) => `${seed}6e1b2c04-8f9d-4f0a-9d3e-${String(index).padStart(12, '0')}`);
    const chosen = numbersFor(keys);
    for (const { number } of four) {
      const share = chosen.filter((other) => other === number).length;
      assert.ok(share >= 200 && share <= 300, `gateway ${String(number)}: ${String(share)} of 1000`);
    }
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
