import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { awaitFeatureRegistered, chooseFeatureFlags, registerFeature } from '../../../src/cli/feature-flag.ts';
import { regionFiles } from '../../../src/cli/region-files.ts';
import { parseSettings } from '../../../src/cli/settings.ts';
import { staticEgressGatewayFeature } from '../../../src/region/subscription/feature-flags.ts';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

let server: RegionServer;
let caller: Parameters<typeof registerFeature>[0];

before(async () => {
  server = await startRegionServer({ settings: { featureFlags: { areNeeded: true, registrationSeconds: 20 } } });
  const settings = parseSettings({ SEGW_STATE_DIR: server.stateDir });
  const { endpoint, subscriptionId, region } = server;
  const { authorityFile, tenantId, clientId, clientSecret } = region.credentials;
  const places = { armEndpoint: endpoint, authorityHost: endpoint, caFile: authorityFile };
  const identity = { subscriptionId, tenantId, clientId, clientSecret: clientSecret.reveal() };
  await writeFile(regionFiles(settings).credentials, JSON.stringify({ ...places, ...identity }), { mode: 0o600 });
  caller = { settings, signal: new AbortController().signal };
});

after(async () => server.close());

test('a region without flags has nothing to register', async () => {
  await chooseFeatureFlags(caller, { areNeeded: false });
  assert.equal(await registerFeature(caller), true);
  assert.equal(server.region.world.features.state(staticEgressGatewayFeature), 'NotRegistered');
});

test('an empty choice keeps what was chosen', async () => {
  await chooseFeatureFlags(caller, {});
  assert.deepEqual(server.region.world.features.policy(), { areNeeded: false, registrationSeconds: 20 });
});

test('where flags are needed, the first one to ask has to wait, and the next one has not', async () => {
  await chooseFeatureFlags(caller, { areNeeded: true, registrationSeconds: 1 });
  assert.equal(await registerFeature(caller), false);
  await awaitFeatureRegistered(caller);
  assert.equal(server.region.world.features.state(staticEgressGatewayFeature), 'Registered');
  assert.equal(await registerFeature(caller), true);
});
