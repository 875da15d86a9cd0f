import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isInPlace, isOnPool } from '../../../src/cloud/pool-change.ts';
import { openAzureWorld, type AzureWorld } from '../../support/azure-world.ts';
import { openOperatorWorld, type OperatorWorld } from '../../support/operator-world.ts';

/** Everything real but machines: the operator, an API server, Azure's SDKs, and the region's resource manager over HTTPS. */
let world: OperatorWorld<AzureWorld>;
const call = { signal: new AbortController().signal };
const reference = { by: 'nodepoolName', nodepoolName: 'gateways' } as const;

before(async () => {
  world = await openOperatorWorld(await openAzureWorld());
  await world.startOperator();
  await world.addPool('gateways', 2);
});

after(async () => {
  await world.close();
});

test('a configuration becomes Ready, gets addresses of a prefix of its own, and leaves nothing behind', async () => {
  const { provider } = world.cloud;
  const { metadata } = await world.createConfiguration('own', { gatewayNodepoolName: 'gateways' });
  const configurationUid = metadata.uid ?? '';
  await world.untilCondition('own', 'CloudReady', 'CloudResourcesReady');
  await world.acknowledge('gateways');
  const { status } = await world.untilCondition('own', 'Ready', 'AllGatewaysReady');
  const prefixId = provider.ownPrefixId(configurationUid);
  assert.equal(status?.egressIpPrefix, (await provider.readPrefix(prefixId, call))?.cidr);
  const pool = await provider.readPool(reference, call);
  assert.ok(pool && isInPlace(pool, { configurationUid, prefixId }));
  await world.deleteConfiguration('own');
  await world.untilGone('own');
  const left = await provider.readPool(reference, call);
  assert.deepEqual([left && isOnPool(left, configurationUid), await provider.readPrefix(prefixId, call)], [false, undefined]);
});

test('a brought prefix is used and stays', async () => {
  const publicIpPrefixId = await world.cloud.addPrefix('brought', 30);
  await world.createConfiguration('brought', { gatewayNodepoolName: 'gateways', publicIpPrefixId });
  const { status } = await world.untilCondition('brought', 'CloudReady', 'CloudResourcesReady');
  const prefix = await world.cloud.provider.readPrefix(publicIpPrefixId, call);
  assert.equal(status?.egressIpPrefix, prefix?.cidr);
  assert.equal(prefix?.uses.length, 2);
  await world.deleteConfiguration('brought');
  await world.untilGone('brought');
  assert.equal((await world.cloud.provider.readPrefix(publicIpPrefixId, call))?.uses.length, 0);
});

test('when the pool was deleted first, nothing is stuck', async () => {
  const { metadata } = await world.createConfiguration('late', { gatewayNodepoolName: 'gateways' });
  await world.untilCondition('late', 'CloudReady', 'CloudResourcesReady');
  await world.cloud.deletePool('gateways');
  await world.deleteConfiguration('late');
  await world.untilGone('late');
  const prefixId = world.cloud.provider.ownPrefixId(metadata.uid ?? '');
  assert.equal(await world.cloud.provider.readPrefix(prefixId, call), undefined);
});
