import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { createMemoryCloud, type MemoryCloud } from '../../../test/support/memory-cloud.ts';
import type { GatewayPoolReference } from '../../api/gateway-pool.ts';
import { CloudError, isCloudError } from '../../cloud/cloud-error.ts';
import type { PoolChangeResult } from '../../cloud/cloud-provider.ts';
import { GatewayPools, merged } from './gateway-pools.ts';

interface Setting {
  readonly clock: FakeClock;
  readonly cloud: MemoryCloud;
  readonly pools: GatewayPools;
  readonly reference: GatewayPoolReference;
  /** Reads of the pool so far. */
  readonly reads: () => number;
  readonly stop: () => void;
}

async function setUp(): Promise<Setting> {
  const clock = new FakeClock();
  const cloud = createMemoryCloud();
  const reference = await cloud.addPool('gw', 2);
  let count = 0;
  const provider = {
    ...cloud.provider,
    readPool: async (...args: Parameters<typeof cloud.provider.readPool>) => {
      count += 1;
      return await cloud.provider.readPool(...args);
    },
  };
  const stopping = new AbortController();
  const pools = new GatewayPools({ provider, clock, signal: stopping.signal, maxAgeMs: 20_000 });
  return { clock, cloud, pools, reference, reads: () => count, stop: () => stopping.abort(new Error('stopped')) };
}

const ensure = ({ pools, reference }: Setting, configurationUid: string, prefixId?: string): Promise<PoolChangeResult> =>
  pools.change(reference, { ensure: [{ configurationUid, prefixId }], remove: [] });

test('changes that come together are one', async () => {
  const setting = await setUp();
  const results = Promise.all([ensure(setting, 'a'), ensure(setting, 'b')]);
  await setting.clock.advance(50);
  const late = ensure(setting, 'c');
  await setting.clock.advance(1000);
  await Promise.all([results, late]);
  assert.deepEqual(setting.cloud.countWrites(), { models: 1, instances: 2 });
});

test('a batch that grows all the time is closed after two seconds', async () => {
  const setting = await setUp();
  const all: Promise<PoolChangeResult>[] = [];
  for (let index = 0; index < 15; index += 1) {
    all.push(ensure(setting, `u${String(index)}`));
    await setting.clock.advance(150);
  }
  assert.equal(setting.cloud.countWrites().models, 1);
  await setting.clock.advance(2000);
  await Promise.all(all);
});

test('one reading serves all for its time, and a change renews it', async () => {
  const { pools, reference, reads, clock } = await setUp();
  await Promise.all([pools.read(reference), pools.read(reference)]);
  await clock.advance(19_000);
  await pools.read(reference);
  assert.equal(reads(), 1);
  await clock.advance(1000);
  await pools.read(reference);
  assert.equal(reads(), 2);
  pools.forget();
  await pools.read(reference);
  assert.equal(reads(), 3);
});

test('after a change the pool is known as it is then', async () => {
  const setting = await setUp();
  await setting.pools.read(setting.reference);
  const change = ensure(setting, 'a');
  await setting.clock.advance(1000);
  await change;
  const pool = await setting.pools.read(setting.reference);
  assert.deepEqual(pool?.model, [{ configurationUid: 'a', prefixId: undefined }]);
  assert.equal(setting.reads(), 1);
});

test('one that the cloud refuses does not keep the others from being served', async () => {
  const setting = await setUp();
  const prefixId = await setting.cloud.addPrefix('denied', 30);
  setting.cloud.deny(prefixId);
  const good = ['a', 'b', 'c', 'd', 'e'].map((uid) => ensure(setting, uid));
  const bad = assert.rejects(ensure(setting, 'bad', prefixId), (error) => isCloudError(error, 'CloudPermissionMissing'));
  await setting.clock.advance(1000);
  await Promise.all([...good, bad]);
  const pool = await setting.pools.read(setting.reference);
  assert.deepEqual(pool?.model.map(({ configurationUid }) => configurationUid).sort(), ['a', 'b', 'c', 'd', 'e']);
});

test('a cloud that is down is asked once for all', async () => {
  const setting = await setUp();
  const down = new CloudError({
    what: 'x',
    code: 'CloudRequestFailed',
    serviceCode: 'Down',
    serviceMessage: '',
    retryable: true,
  });
  setting.cloud.fail('changePool', down);
  const all = ['a', 'b'].map((uid) => assert.rejects(ensure(setting, uid), (error) => error === down));
  await setting.clock.advance(1000);
  await Promise.all(all);
});

test('what stops ends what waits', async () => {
  const setting = await setUp();
  const waiting = assert.rejects(ensure(setting, 'a'), /stopped/);
  setting.stop();
  await waiting;
});

test('a configuration that is removed is not ensured in the same batch', () => {
  const one = { configurationUid: 'a' };
  assert.deepEqual(merged([{ change: { ensure: [one], remove: [] } }, { change: { ensure: [], remove: ['a'] } }]), {
    ensure: [],
    remove: ['a'],
  });
});
