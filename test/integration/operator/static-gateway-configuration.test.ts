import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gatewayVmConfigurationKind, type GatewayVmConfiguration } from '../../../src/api/gateway-vm-configuration.ts';
import { cloudResourcesFinalizer } from '../../../src/api/names.ts';
import { staticGatewayConfigurationKind } from '../../../src/api/static-gateway-configuration.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { CloudError } from '../../../src/cloud/cloud-error.ts';
import { isOnPool } from '../../../src/cloud/pool-change.ts';
import { findCondition } from '../../../src/kube/conditions.ts';
import { eventKind } from '../../../src/kube/events.ts';
import { createMemoryCloud, type MemoryCloud } from '../../support/memory-cloud.ts';
import { openOperatorWorld, testNamespace, type OperatorWorld } from '../../support/operator-world.ts';

let world: OperatorWorld<MemoryCloud>;

before(async () => {
  world = await openOperatorWorld(createMemoryCloud());
  await world.startOperator();
});

after(async () => {
  await world.close();
});

/** A configuration of the pool that is Ready. */
async function createReady(name: string, pool: string, spec: object = {}): Promise<string> {
  await world.createConfiguration(name, { gatewayNodepoolName: pool, ...spec });
  await world.untilCondition(name, 'CloudReady', 'CloudResourcesReady');
  await world.acknowledge(pool);
  const { metadata } = await world.untilCondition(name, 'Ready', 'AllGatewaysReady');
  return metadata.uid ?? '';
}

function hasOwnPrefix(uid: string): boolean {
  return world.cloud.prefixIds().includes(world.cloud.provider.ownPrefixId(uid));
}

function isOn(pool: string, uid: string): boolean {
  const found = world.cloud.pools.get(pool);
  return found !== undefined && isOnPool(found, uid);
}

const touch = async (name: string): Promise<void> => {
  const patch = { metadata: { annotations: { touched: String(performance.now()) } } };
  await world.client.patch(staticGatewayConfigurationKind, { namespace: testNamespace, name }, patch);
};

test('a configuration waits for its gateways, and is Ready when they have acknowledged it', async () => {
  await world.addPool('happy', 2);
  await world.createConfiguration('happy', { gatewayNodepoolName: 'happy' });
  const waiting = await world.untilCondition('happy', 'Ready', 'WaitingForGateways');
  assert.ok(waiting.metadata.finalizers?.includes(cloudResourcesFinalizer));
  assert.equal(waiting.status?.readyGateways, 0);
  await world.acknowledge('happy');
  const { status, metadata } = await world.untilCondition('happy', 'Ready', 'AllGatewaysReady');
  assert.match(status?.egressIpPrefix ?? '', /^198\.51\.100\.\d+\/30$/);
  assert.equal(status?.observedGeneration, metadata.generation);
  assert.deepEqual(
    status?.conditions?.map(({ type, status: holds }) => [type, holds]),
    [
      ['Ready', 'True'],
      ['Accepted', 'True'],
      ['CloudReady', 'True'],
      ['GatewaysReady', 'True'],
    ],
  );
});

test('status and GatewayVMConfiguration show the addresses of each gateway', async () => {
  const { status = {}, metadata } = await world.untilCondition('happy', 'Ready', 'AllGatewaysReady');
  const { gateways = [], gatewayServerProfile, readyGateways } = status;
  assert.equal(readyGateways, 2);
  assert.deepEqual(
    gateways.map(({ node, state }) => [node, state]),
    [
      ['happy000000', 'Ready'],
      ['happy000001', 'Ready'],
    ],
  );
  assert.equal(gateways[0]?.endpoint, `${gatewayServerProfile?.ip ?? ''}:6000`);
  const key = { namespace: testNamespace, name: 'happy' };
  const vm = await world.client.get<GatewayVmConfiguration>(gatewayVmConfigurationKind, key);
  const { configurationUid, gatewayVmProfiles = [] } = vm.status ?? {};
  assert.deepEqual([configurationUid, vm.metadata.ownerReferences?.[0]?.uid], [metadata.uid, metadata.uid]);
  assert.deepEqual(
    gatewayVmProfiles.map(({ publicAddress }) => publicAddress),
    gateways.map(({ egressAddress }) => egressAddress),
  );
});

test('events tell what was assigned and that it is ready', async () => {
  const events = await pollUntil(
    'the events of happy',
    async () => {
      const { items } = await world.client.list(eventKind, { namespace: testNamespace });
      const found = items.filter(({ regarding }) => regarding?.name === 'happy');
      return found.some(({ reason }) => reason === 'AllGatewaysReady') ? found : undefined;
    },
    { timeoutMs: 5000 },
  );
  assert.ok(events.some(({ reason, note }) => reason === 'EgressAddressesAssigned' && /198\.51\.100\./.test(note ?? '')));
  assert.ok(events.every(({ type }) => type === 'Normal'));
});

test('the last gateways serve also while they drain: the configuration stays ready, and says so', async () => {
  await world.addPool('states', 2);
  await createReady('states', 'states');
  await world.acknowledge('states', 'Draining');
  const { status } = await world.untilCondition('states', 'Ready', 'SomeGatewaysNotReady');
  assert.deepEqual(
    status?.gateways?.map(({ state }) => state),
    ['Draining', 'Draining'],
  );
  const ready = findCondition(status.conditions, 'Ready');
  assert.equal(ready?.status, 'True');
  assert.match(ready.message, /^2 of 2 gateways serve on while they drain/);
});

test('one gateway that does not serve leaves the configuration ready and is named; with none it is not', async () => {
  await world.acknowledge('states', 'NotReady');
  await world.untilCondition('states', 'Ready', 'NoGatewayReady');
  await world.acknowledge('states');
  await world.untilCondition('states', 'Ready', 'AllGatewaysReady');
  await world.removeNode('states000001');
  const partly = await world.untilCondition('states', 'Ready', 'SomeGatewaysNotReady');
  const ready = findCondition(partly.status?.conditions, 'Ready');
  assert.equal(ready?.status, 'True');
  assert.match(ready?.message ?? '', /1 of 2 gateways serve\. Not: states000001: the node has not joined/);
});

test('in private-IP mode the addresses of the gateways are what is shown, and no prefix is made', async () => {
  await world.addPool('private', 2);
  const uid = await createReady('private', 'private', { provisionPublicIps: false });
  const found = await world.findConfiguration('private');
  assert.match(found?.status?.egressIpPrefix ?? '', /^10\.224\.0\.\d+,10\.224\.0\.\d+$/);
  assert.equal(hasOwnPrefix(uid), false);
});

test('fifty configurations at once cost each instance two writes at most', async () => {
  await world.addPool('many', 2);
  world.cloud.countWrites();
  const names = Array.from({ length: 50 }, (_, index) => `many-${String(index)}`);
  await Promise.all(
    names.map((name) => world.createConfiguration(name, { gatewayNodepoolName: 'many', provisionPublicIps: false })),
  );
  for (const name of names) await world.untilCondition(name, 'CloudReady', 'CloudResourcesReady');
  const { models, instances } = world.cloud.countWrites();
  assert.ok(models <= 2 && instances <= 4, `${String(models)} models, ${String(instances)} instances`);
  await Promise.all(names.map((name) => world.deleteConfiguration(name)));
  for (const name of names) await world.untilGone(name);
  assert.deepEqual(world.cloud.pools.get('many')?.model, []);
});

test('a pool that is missing is waited for', async () => {
  await world.createConfiguration('early', { gatewayNodepoolName: 'early' });
  const { status } = await world.untilCondition('early', 'Accepted', 'GatewayPoolNotFound');
  assert.equal(findCondition(status?.conditions, 'Ready')?.reason, 'GatewayPoolNotFound');
  assert.equal(findCondition(status?.conditions, 'CloudReady')?.reason, 'WaitingForAcceptance');
  await world.addPool('early', 2);
  await world.untilCondition('early', 'CloudReady', 'CloudResourcesReady');
});

test('a new gateway node gets its addresses, and one that left is not named any more', async () => {
  await world.addPool('scaled', 2);
  await createReady('scaled', 'scaled');
  await world.cloud.scalePool('scaled', 3);
  await world.joinGateway('scaled000002');
  const grown = await world.untilCondition('scaled', 'Ready', 'SomeGatewaysNotReady');
  assert.equal(grown.status?.gateways?.length, 3);
  await world.acknowledge('scaled');
  await world.untilCondition('scaled', 'Ready', 'AllGatewaysReady');
  await world.cloud.scalePool('scaled', 2);
  await world.removeNode('scaled000002');
  await pollUntil(
    'two gateways are left',
    async () => ((await world.findConfiguration('scaled'))?.status?.gateways?.length === 2 ? true : undefined),
    { timeoutMs: 10_000 },
  );
});

test('what is removed behind our back is back within the time for that', async () => {
  await world.addPool('drift', 2);
  const uid = await createReady('drift', 'drift');
  await world.cloud.removeBehind('drift', uid);
  await pollUntil(
    'the IP configuration is back',
    () => (world.cloud.pools.get('drift')?.instances[0]?.egress.some((one) => one.configurationUid === uid) ? true : undefined),
    { timeoutMs: 10_000 },
  );
});

test('each thing that is wrong with a brought prefix has its own reason', async () => {
  await world.addPool('byo', 2);
  const wrongSize = await world.cloud.addPrefix('wrong-size', 31);
  const used = await world.cloud.addPrefix('used', 30);
  const missing = used.replace(/used$/, 'missing');
  const elsewhere = used.replace(/subscriptions\/[^/]+/, 'subscriptions/another');
  for (let index = 0; index < 3; index += 1) await world.cloud.takeAddress(used);
  const rows: readonly (readonly [string, string, RegExp])[] = [
    [wrongSize, 'PrefixSizeMismatch', /has size \/31, the pool needs \/30/],
    [missing, 'PrefixNotFound', /no public IP prefix .*missing/],
    [elsewhere, 'PrefixSubscriptionMismatch', /lies in subscription another/],
    [used, 'PrefixExhausted', /has 1 addresses to give, the pool needs 2/],
  ];
  for (const [publicIpPrefixId, reason, message] of rows) {
    const name = `byo-${reason.toLowerCase()}`;
    await world.createConfiguration(name, { gatewayNodepoolName: 'byo', publicIpPrefixId });
    const { status } = await world.untilCondition(name, 'Accepted', reason);
    assert.match(findCondition(status?.conditions, 'Ready')?.message ?? '', message);
    await world.deleteConfiguration(name);
    await world.untilGone(name);
  }
});

test('a brought prefix without permission is named, and used once the role is given; it stays when the configuration goes', async () => {
  await world.addPool('role', 2);
  const prefixId = await world.cloud.addPrefix('role', 30);
  world.cloud.deny(prefixId);
  await world.createConfiguration('role', { gatewayNodepoolName: 'role', publicIpPrefixId: prefixId });
  const { status } = await world.untilCondition('role', 'Accepted', 'PrefixPermissionMissing');
  assert.match(findCondition(status?.conditions, 'Ready')?.message ?? '', /Network Contributor/);
  world.cloud.permit(prefixId);
  await world.untilCondition('role', 'CloudReady', 'CloudResourcesReady');
  await world.createConfiguration('role-second', { gatewayNodepoolName: 'role', publicIpPrefixId: prefixId });
  await world.untilCondition('role-second', 'Accepted', 'PrefixInUse');
  await world.deleteConfiguration('role');
  await world.untilGone('role');
  assert.ok(world.cloud.prefixIds().includes(prefixId));
  await world.untilCondition('role-second', 'CloudReady', 'CloudResourcesReady');
});

test('bringing a prefix later releases the own one', async () => {
  await world.addPool('switch', 2);
  const uid = await createReady('switch', 'switch');
  assert.ok(hasOwnPrefix(uid));
  const publicIpPrefixId = await world.cloud.addPrefix('switch', 30);
  await world.client.patch(
    staticGatewayConfigurationKind,
    { namespace: testNamespace, name: 'switch' },
    { spec: { publicIpPrefixId } },
  );
  await pollUntil('the own prefix is gone', () => (hasOwnPrefix(uid) ? undefined : true), { timeoutMs: 10_000 });
});

test('a cloud that fails is quoted in CloudReady, does not undo what was accepted, and is got over', async () => {
  await world.addPool('failing', 2);
  await createReady('failing', 'failing');
  const answer = { what: 'read pool', serviceCode: 'InternalServerError', serviceMessage: 'encountered an error' } as const;
  world.cloud.fail('readPool', new CloudError({ ...answer, code: 'CloudRequestFailed', retryable: true }));
  const { status } = await world.untilCondition('failing', 'CloudReady', 'CloudError');
  assert.match(findCondition(status?.conditions, 'CloudReady')?.message ?? '', /InternalServerError: encountered an error/);
  assert.deepEqual(
    [findCondition(status?.conditions, 'Accepted')?.status, findCondition(status?.conditions, 'Ready')?.status],
    ['True', 'True'],
  );
  world.cloud.fail('readPool', new CloudError({ ...answer, code: 'CloudThrottled', retryable: true, retryAfterMs: 100 }));
  await world.untilCondition('failing', 'CloudReady', 'CloudThrottled');
  world.cloud.heal();
  await world.untilCondition('failing', 'CloudReady', 'CloudResourcesReady');
});

test('deleting takes away all that was made', async () => {
  await world.addPool('deleted', 2);
  const uid = await createReady('deleted', 'deleted');
  assert.ok(hasOwnPrefix(uid) && isOn('deleted', uid));
  await world.deleteConfiguration('deleted');
  await world.untilGone('deleted');
  assert.deepEqual([hasOwnPrefix(uid), isOn('deleted', uid)], [false, false]);
  const key = { namespace: testNamespace, name: 'deleted' };
  assert.equal(await world.client.find(gatewayVmConfigurationKind, key), undefined);
});

test('the cloud keeps the addresses until the gateways have stopped using them', async () => {
  await world.addPool('serving', 2);
  const uid = await createReady('serving', 'serving');
  await world.deleteConfiguration('serving');
  const key = { namespace: testNamespace, name: 'serving' };
  await pollUntil(
    'the gateways are told to stop',
    async () => ((await world.client.find(gatewayVmConfigurationKind, key)) ? undefined : true),
    { timeoutMs: 5000, intervalMs: 5 },
  );
  assert.ok(isOn('serving', uid) && hasOwnPrefix(uid));
  await world.acknowledge('serving');
  await world.untilGone('serving');
  assert.deepEqual([hasOwnPrefix(uid), isOn('serving', uid)], [false, false]);
});

test('deleting works after the pool is gone, and while it never existed', async () => {
  await world.addPool('gone-first', 2);
  const uid = await createReady('gone-first', 'gone-first');
  await world.cloud.deletePool('gone-first');
  await world.deleteConfiguration('gone-first');
  await world.createConfiguration('never', { gatewayNodepoolName: 'never' });
  await world.untilCondition('never', 'Accepted', 'GatewayPoolNotFound');
  await world.deleteConfiguration('never');
  await world.untilGone('gone-first');
  await world.untilGone('never');
  assert.equal(hasOwnPrefix(uid), false);
});

test('a deletion that the cloud refuses says why, and goes on when it can', async () => {
  await world.addPool('stuck', 2);
  const uid = await createReady('stuck', 'stuck');
  const answer = { what: 'delete prefix', serviceCode: 'AuthorizationFailed', serviceMessage: 'no right to delete' } as const;
  world.cloud.fail('deleteOwnPrefix', new CloudError({ ...answer, code: 'CloudPermissionMissing' }));
  await world.deleteConfiguration('stuck');
  const { status } = await world.untilCondition('stuck', 'Ready', 'Deleting');
  assert.match(findCondition(status?.conditions, 'Ready')?.message ?? '', /AuthorizationFailed: no right to delete/);
  world.cloud.heal();
  await touch('stuck');
  await world.untilGone('stuck');
  assert.equal(hasOwnPrefix(uid), false);
});

test('what was deleted while no operator ran is released when one runs again', async () => {
  await world.addPool('offline', 2);
  const uid = await createReady('offline', 'offline');
  await world.stopOperators();
  await world.deleteConfiguration('offline');
  assert.ok(hasOwnPrefix(uid));
  await world.startOperator('operator-1');
  await world.untilGone('offline');
  assert.deepEqual([hasOwnPrefix(uid), isOn('offline', uid)], [false, false]);
});
