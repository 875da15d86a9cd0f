import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../../base/log.ts';
import type { ProbeTarget } from './desired-probes.ts';
import { createHealthProbes, type HealthProbes } from './health-probes.ts';

const log = createLogger('test', { level: 'silent' });
const probeId = '/subscriptions/s/probes/p';

function targetAt(address: string): ProbeTarget {
  return { probeId, networkKey: 'v1', address, port: 80, intervalMs: 1, threshold: 2 };
}

/** Probes of members of which `up` answer, and what to wait for: the next change of one. */
function world(up: Set<string>): { readonly probes: HealthProbes; readonly nextChange: () => Promise<void> } {
  let change = Promise.withResolvers<void>();
  const probes = createHealthProbes({
    ask: async ({ address }) => up.has(address),
    onChange: () => {
      change.resolve();
      change = Promise.withResolvers();
    },
    log,
  });
  return { probes, nextChange: async () => change.promise };
}

test('who is there when the region comes up is up until it does not answer', async () => {
  const { probes, nextChange } = world(new Set(['a']));
  assert.equal(probes.isUp(probeId, 'b'), true, 'before anybody looked');
  probes.follow([targetAt('a'), targetAt('b')]);
  assert.deepEqual([probes.isUp(probeId, 'a'), probes.isUp(probeId, 'b')], [true, true]);
  await nextChange();
  assert.deepEqual([probes.isUp(probeId, 'a'), probes.isUp(probeId, 'b')], [true, false]);
  await probes.stop();
});

test('a new member is down until it answers, and keeps its state when others come and go', async () => {
  const { probes, nextChange } = world(new Set(['a']));
  probes.follow([]);
  probes.follow([targetAt('a')]);
  assert.equal(probes.isUp(probeId, 'a'), false);
  await nextChange();
  assert.equal(probes.isUp(probeId.toUpperCase(), 'a'), true);
  probes.follow([targetAt('a'), targetAt('b')]);
  probes.follow([{ ...targetAt('a'), port: 81 }]);
  assert.equal(probes.isUp(probeId, 'a'), true);
  probes.follow([]);
  assert.equal(probes.isUp(probeId, 'a'), false);
  await probes.stop();
});
