import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase, type RegionDatabase } from '../arm/database.ts';
import { createFeatureFlags, type FeatureFlags, staticEgressGatewayFeature as feature } from './feature-flags.ts';

interface Stage {
  readonly features: FeatureFlags;
  readonly pass: (seconds: number) => void;
  /** The same installation, opened again. */
  readonly reopen: () => FeatureFlags;
}

async function openStage(): Promise<Stage> {
  const database: RegionDatabase = await openDatabase(':memory:');
  let now = Date.UTC(2026, 0, 1);
  const open = (): FeatureFlags =>
    createFeatureFlags({ database, defaults: { areNeeded: true, registrationSeconds: 20 }, now: () => new Date(now) });
  return {
    features: open(),
    pass(seconds) {
      now += seconds * 1000;
    },
    reopen: open,
  };
}

test('a feature goes from NotRegistered over Registering to Registered, in its own time', async () => {
  const { features, pass } = await openStage();
  assert.equal(features.state(feature), 'NotRegistered');
  features.register(feature);
  assert.equal(features.state(feature), 'Registering');
  assert.equal(features.isRegistered(feature), false);
  pass(19);
  features.register(feature.toUpperCase());
  pass(1);
  assert.equal(features.state(feature), 'Registered');
  assert.equal(features.isRegistered(feature.toLowerCase()), true);
});

test('what is Registered goes over Unregistering to Unregistered, and what never was registered stays so', async () => {
  const { features, pass } = await openStage();
  features.unregister(feature);
  assert.equal(features.state(feature), 'NotRegistered');
  features.register(feature);
  pass(20);
  features.unregister(feature);
  assert.equal(features.state(feature), 'Unregistering');
  assert.equal(features.isRegistered(feature), false);
  pass(20);
  assert.equal(features.state(feature), 'Unregistered');
});

test('a registration goes on while no region runs', async () => {
  const { features, pass, reopen } = await openStage();
  features.register(feature);
  pass(5);
  assert.equal(reopen().state(feature), 'Registering');
  pass(15);
  assert.equal(reopen().state(feature), 'Registered');
});

test('an installation chooses once whether flags are needed and how long they take', async () => {
  const { features, reopen } = await openStage();
  features.choose({ areNeeded: false });
  features.choose({ registrationSeconds: 0 });
  assert.deepEqual(reopen().policy(), { areNeeded: false, registrationSeconds: 0 });
  assert.equal(reopen().isRegistered(feature), true);
  assert.equal(reopen().state(feature), 'NotRegistered');
  features.choose({ areNeeded: true });
  assert.equal(features.isRegistered(feature), false);
  features.register(feature);
  assert.equal(features.isRegistered(feature), true);
});
