import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pollUntil } from '../../../src/base/poll.ts';
import type { JsonObject } from '../../../src/region/arm/resource.ts';
import {
  gateway,
  openRefusalWorld,
  provider,
  type RefusalWorld,
  resourceGroup,
  systemPool,
  withFeature,
} from './refusal-world.ts';

/** The pool as it was read, as az sends it back. */
function withTag(pool: JsonObject): object {
  const { properties } = JSON.parse(JSON.stringify(pool));
  return { properties: { ...properties, tags: { 'segw-delete-in-use': 'true' } } };
}

describe('a gateway pool in use', () => {
  let world: RefusalWorld;
  let subscription: string;

  before(async () => {
    world = await openRefusalWorld();
    subscription = `/subscriptions/${world.server.subscriptionId}`;
  });
  after(async () => {
    await world.server.close();
  });

  const path = `${provider}/on/agentPools/gw`;
  const users = ['demo/demo', 'team/outbound'];

  async function gone(): Promise<void> {
    while ((await world.server.call('GET', subscription + path)).status !== 404) await new Promise(setImmediate);
  }

  test('is not deleted, and the answer lists who uses it', async () => {
    world.server.platform.setPoolUsers(users);
    const { details } = await world.assertRefused({
      what: '',
      method: 'DELETE',
      path,
      code: 'StaticEgressGatewayNodepoolInUse',
      target: 'name',
      message:
        /^Gateway agentpool gw is used by StaticGatewayConfigurations: demo\/demo, team\/outbound\. Delete them first, or set the tag segw-delete-in-use=true/,
    });
    assert.deepEqual(
      (Array.isArray(details) ? details : []).map((detail: JsonObject) => detail['target']),
      users,
    );
  });

  test('a pool of another mode is not asked about', async () => {
    await world.put(`${provider}/on/agentPools/spare`, { properties: { mode: 'User', count: 0 } });
    assert.equal((await world.server.call('DELETE', `${subscription}${provider}/on/agentPools/spare`)).status, 202);
    while ((await world.server.call('GET', `${subscription}${provider}/on/agentPools/spare`)).status !== 404)
      await new Promise(setImmediate);
  });

  test('goes when its tag says so', async () => {
    const { body } = await world.server.call('GET', subscription + path);
    await world.put(path, withTag(body));
    assert.equal((await world.server.call('DELETE', subscription + path)).status, 202);
    await gone();
    assert.ok(!world.server.platform.machineNames().some((name) => name.startsWith('aks-gw-')));
  });

  test('goes when its API server does not answer', async () => {
    await world.put(path, { properties: gateway });
    world.server.platform.setPoolUsers('unreachable');
    assert.equal((await world.server.call('DELETE', subscription + path)).status, 202);
    await gone();
    const { platform } = world.server;
    const isGateway = (name: string): boolean => name.startsWith('aks-gw-');
    assert.ok(!platform.machineNames().some(isGateway), 'its machines are gone');
    assert.ok([...platform.nodes().keys()].some(isGateway), 'its nodes are not');
    platform.setPoolUsers([]);
    await world.server.restart();
    await pollUntil('its nodes are gone, too', () => ([...platform.nodes().keys()].some(isGateway) ? undefined : true), {
      timeoutMs: 10_000,
      intervalMs: 10,
    });
  });

  test('goes with its cluster, and with its resource group', async () => {
    world.server.platform.setPoolUsers(users);
    await world.put(path, { properties: gateway });
    assert.equal((await world.server.call('DELETE', `${subscription}${provider}/on`)).status, 202);
    await gone();
    await world.cluster('on', { networkProfile: withFeature, agentPoolProfiles: [systemPool, { ...gateway, name: 'gw' }] });
    assert.equal((await world.server.call('DELETE', subscription + resourceGroup)).status, 202);
    while ((await world.server.call('GET', subscription + resourceGroup)).status !== 404) await new Promise(setImmediate);
    assert.deepEqual(world.server.platform.machineNames(), []);
  });
});
