import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isInPlace } from '../../../src/cloud/pool-change.ts';
import { flakyProvider } from '../../support/flaky-provider.ts';
import { createMemoryCloud, type MemoryCloud } from '../../support/memory-cloud.ts';
import { openOperatorWorld, type OperatorWorld } from '../../support/operator-world.ts';

let world: OperatorWorld<MemoryCloud>;

before(async () => {
  world = await openOperatorWorld(createMemoryCloud());
});

after(async () => {
  await world.close();
});

/** Numbers in [0, 1) that follow from the seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test('whatever calls fail or are lost, and whoever leads, what is wanted is there in the end and nothing else', async (context) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  context.diagnostic(`seed ${String(seed)}`);
  const random = randomFrom(seed);
  let share = 0.4;
  const provider = flakyProvider(world.cloud.provider, { share: () => share, random });
  await world.addPool('faulty', 2);
  await world.startOperator('operator-0', provider);
  const names = Array.from({ length: 16 }, (_, index) => `c-${String(index)}`);
  const uids = new Map<string, string>();
  for (const name of names) {
    const { metadata } = await world.createConfiguration(name, {
      gatewayNodepoolName: 'faulty',
      provisionPublicIps: random() < 0.7,
    });
    uids.set(name, metadata.uid ?? '');
    await pauseMs(random() * 100);
  }
  await pauseMs(1000);
  await world.stopOperators();
  await world.startOperator('operator-1', provider);
  const doomed = names.filter(() => random() < 0.5);
  for (const name of doomed) {
    await world.deleteConfiguration(name);
    await pauseMs(random() * 100);
  }
  await pauseMs(1000);
  share = 0;
  for (const name of names)
    if (doomed.includes(name)) await world.untilGone(name);
    else await world.untilCondition(name, 'CloudReady', 'CloudResourcesReady');

  const pool = world.cloud.pools.get('faulty');
  assert.ok(pool);
  const kept = names.filter((name) => !doomed.includes(name));
  const keptUids = kept.map((name) => uids.get(name) ?? '');
  assert.deepEqual(pool.model.map(({ configurationUid }) => configurationUid).sort(), keptUids.toSorted());
  assert.ok(pool.model.every((one) => isInPlace(pool, one)));
  const prefixes = pool.model.flatMap(({ prefixId }) => prefixId ?? []);
  assert.deepEqual([...world.cloud.prefixIds()].sort(), prefixes.toSorted());
});

async function pauseMs(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
