import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateway, pod, sgc, worker } from '../../../test/support/dataplane/worlds.ts';
import type { Gateway, Spread } from '../model.ts';
import { defaultSettings } from '../settings.ts';
import { steer } from '../steering.ts';
import { spreadMaps } from './worker-sets.ts';

/** Whose turn it is for each slot. */
function turns(gateways: readonly Gateway[], spread: Spread = 'perConnection'): (string | undefined)[] {
  const sgcs = [sgc('a', { spread, gateways: gateways.map(({ number }) => number) })];
  const [map] = spreadMaps(steer(worker({ gateways, sgcs, pods: [pod(2)] })).sgcs, defaultSettings);
  return map?.elements.map(({ value }) => value) ?? [];
}

test('turns are even within 20 % for as many gateways as a pool may have', () => {
  for (let count = 1; count <= 16; count += 1) {
    const gateways = Array.from({ length: count }, (_, index) => gateway(index + 1));
    const slots = turns(gateways);
    const fair = slots.length / count;
    for (const { number } of gateways) {
      const share = slots.filter((value) => value === `goto pin_${String(number)}`).length;
      assert.ok(Math.abs(share - fair) <= fair * 0.2, `${String(share)} of ${String(slots.length)} for one of ${String(count)}`);
    }
  }
});

test('only gateways that serve get turns, and nobody does while the SGC spreads per pod', () => {
  const gateways = [gateway(1, { state: 'dead' }), gateway(2), gateway(3, { state: 'draining' })];
  assert.deepEqual(new Set(turns(gateways)), new Set(['goto pin_2']));
  assert.deepEqual(turns(gateways, 'perPod'), []);
  assert.deepEqual(turns([gateway(1, { state: 'dead' })]), []);
});
