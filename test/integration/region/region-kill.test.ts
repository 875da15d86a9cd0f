import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { createLogger } from '../../../src/base/log.ts';
import { createRegionClients } from '../../../src/cli/aks/azure-clients.ts';
import { type DayReport, liveThrough, regionDay } from '../../../src/cli/bench/region-day.ts';
import type { StoredResource } from '../../../src/region/arm/resource.ts';
import { createRegion } from '../../../src/region/region.ts';
import { startKillableRegion } from '../../support/killable-region/killable-region.ts';
import { createMemoryPlatform, type MemoryPlatform } from '../../support/memory-platform.ts';
import { inconsistencies } from '../../support/region-consistency.ts';

const kills = 8;
const longestLifeMs = 500;

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segw-kill-'));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Outcome extends DayReport {
  /** What is stored, without what is made up anew each time. */
  readonly state: readonly string[];
  /** What does not fit together. */
  readonly inconsistencies: readonly string[];
}

test('a region that is killed eight times during a day of operations ends where an undisturbed one ends', async (t) => {
  const seed = randomInt(2 ** 31);
  t.diagnostic(`seed ${String(seed)}`);
  const [moments = []] = fc.sample(fc.array(fc.integer({ min: 0, max: longestLifeMs }), { minLength: kills, maxLength: kills }), {
    seed,
    numRuns: 1,
  });
  const calm = await day('calm', []);
  const killed = await day('killed', moments);
  t.diagnostic(`${String(killed.interruptions)} steps were cut off`);
  assert.deepEqual([calm.failures, calm.inconsistencies], [[], []]);
  assert.deepEqual([killed.failures, killed.inconsistencies], [[], []]);
  assert.deepEqual(killed.state, calm.state);
});

/** `lives`: how long the region lives each time before it is killed; then it lives to the end of the day. */
async function day(name: string, lives: readonly number[]): Promise<Outcome> {
  const stateDir = join(folder, name);
  const platform = createMemoryPlatform();
  const region = await startKillableRegion({ stateDir, platform, delayMs: () => randomInt(8) });
  const { credentials } = region;
  const signal = AbortSignal.timeout(120_000);
  const clients = await createRegionClients(credentials, { signal, maxRetries: 0 });
  const killer = (async () => {
    for (const lifeMs of lives) {
      await sleep(lifeMs);
      await region.kill();
      await region.start();
    }
  })();
  try {
    const report = await liveThrough(regionDay({ subscriptionId: credentials.subscriptionId, hasCluster: true, pollMs: 20 }), {
      clients,
      signal,
    });
    await killer;
    await region.kill();
    return { ...report, ...(await afterwards(stateDir, platform)) };
  } finally {
    await killer;
    await region.kill();
  }
}

/** The region once more, in this process: what it says that there is, when it has done what it still had to do. */
async function afterwards(stateDir: string, platform: MemoryPlatform): Promise<Omit<Outcome, keyof DayReport>> {
  const region = await createRegion({ stateDir, platform, log: createLogger('region', { level: 'silent' }) });
  await region.start();
  let found = inconsistencies(region, platform);
  for (let look = 0; look < 200 && found.length > 0; look += 1) {
    await sleep(20);
    found = inconsistencies(region, platform);
  }
  const state = region.manager.store.all().map(describeResource);
  await region.stop();
  return { state: state.toSorted(), inconsistencies: found };
}

/** Names of scale sets hold a hash of the installation's own ids. */
function describeResource({ id, body, provisioningState, state }: StoredResource): string {
  const power = 'power' in state ? String(state.power) : '';
  return `${id} ${provisioningState} ${power} ${JSON.stringify(body)}`.replaceAll(/[\da-f-]{36}/g, '*').replaceAll(/\d{8}/g, '#');
}
