/* oxlint-disable typescript/no-floating-promises, max-lines-per-function -- a suite: one list of tests, which nobody waits for */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { GatewayPoolReference } from '../api/gateway-pool.ts';
import { isCloudError } from './cloud-error.ts';
import {
  availableAddresses,
  type CloudCall,
  type CloudProvider,
  type GatewayPool,
  type PublicIpPrefix,
} from './cloud-provider.ts';
import { isInPlace, isOnPool } from './pool-change.ts';

/** A cloud for tests: the provider, and what other people do in the cloud. */
export interface CloudWorld {
  readonly provider: CloudProvider;
  readonly location: string;
  /** Makes a pool in gateway mode with `/30` prefixes. Its scale set has the pool's name. */
  addPool(name: string, capacity: number): Promise<GatewayPoolReference>;
  scalePool(name: string, capacity: number): Promise<void>;
  deletePool(name: string): Promise<void>;
  /** Brings a prefix; the answer is its resource id. */
  addPrefix(name: string, prefixLength: number, tags?: Readonly<Record<string, string>>): Promise<string>;
  /** Somebody else takes an address of the prefix. */
  takeAddress(prefixId: string): Promise<void>;
  /** Removes the configuration's IP configuration from the first instance, behind our back. */
  removeBehind(poolName: string, configurationUid: string): Promise<void>;
  /** How often scale sets and instances were written since the last call. */
  countWrites(): { readonly models: number; readonly instances: number };
  close(): Promise<void>;
}

/** What every cloud provider does. Run by the one in memory and by the real ones. */
export function testCloudProvider(name: string, openWorld: () => Promise<CloudWorld>): void {
  describe(`cloud provider: ${name}`, () => {
    let world: CloudWorld;
    const call: CloudCall = { signal: new AbortController().signal };

    before(async () => {
      world = await openWorld();
    });
    after(async () => {
      await world.close();
    });

    async function readPool(reference: GatewayPoolReference): Promise<GatewayPool> {
      const pool = await world.provider.readPool(reference, call);
      assert.ok(pool);
      return pool;
    }

    async function ownPrefix(configurationUid: string): Promise<PublicIpPrefix> {
      const request = {
        configurationUid,
        configurationName: `default/${configurationUid}`,
        location: world.location,
        prefixLength: 30,
      };
      return await world.provider.ensureOwnPrefix(request, call);
    }

    async function ensure(reference: GatewayPoolReference, ...uids: readonly string[]): Promise<GatewayPool> {
      const wanted = await Promise.all(
        uids.map(async (configurationUid) => ({ configurationUid, prefixId: (await ownPrefix(configurationUid)).id })),
      );
      const { pool, refused, failures } = await world.provider.changePool(reference, { ensure: wanted, remove: [] }, call);
      assert.deepEqual([[...refused], failures], [[], []]);
      return pool;
    }

    test('a pool that does not exist is undefined by either name, and cannot be changed', async () => {
      const missing: readonly GatewayPoolReference[] = [
        { by: 'nodepoolName', nodepoolName: 'missing' },
        { by: 'scaleSet', resourceGroup: 'nodes', name: 'missing', publicIpPrefixSize: 31 },
      ];
      for (const reference of missing) {
        assert.equal(await world.provider.readPool(reference, call), undefined);
        await assert.rejects(world.provider.changePool(reference, { ensure: [], remove: ['u'] }, call), (error) =>
          isCloudError(error, 'NotFound'),
        );
      }
    });

    test('a pool is found by its name in any case, and by its scale set, with its nodes', async () => {
      await world.addPool('found', 2);
      const byName = await readPool({ by: 'nodepoolName', nodepoolName: 'FOUND' });
      const bySet = await readPool({ by: 'scaleSet', resourceGroup: 'nodes', name: 'found', publicIpPrefixSize: 29 });
      assert.equal(bySet.id.toLowerCase(), byName.id.toLowerCase());
      assert.deepEqual([byName.prefixLength, bySet.prefixLength, byName.capacity, byName.location], [30, 29, 2, world.location]);
      assert.deepEqual(byName.model, []);
      assert.equal(byName.instances.length, 2);
      for (const { nodeName, primaryAddress, addressCount, egress } of byName.instances) {
        assert.match(nodeName, /^[a-z0-9][-a-z0-9]+$/);
        assert.match(primaryAddress ?? '', /^\d+\.\d+\.\d+\.\d+$/);
        assert.deepEqual([addressCount, egress], [1, []]);
      }
    });

    test('an own prefix is made once, can be read by its id, and goes', async () => {
      const created = await ownPrefix('prefix-uid');
      assert.equal(created.id.toLowerCase(), world.provider.ownPrefixId('prefix-uid').toLowerCase());
      assert.match(created.cidr, /\/30$/);
      assert.deepEqual([created.prefixLength, created.ipVersion, created.sku, created.uses], [30, 'IPv4', 'Standard', []]);
      assert.deepEqual(await ownPrefix('prefix-uid'), created);
      assert.deepEqual(await world.provider.readPrefix(created.id, call), created);
      await world.provider.deleteOwnPrefix('prefix-uid', call);
      await world.provider.deleteOwnPrefix('prefix-uid', call);
      assert.equal(await world.provider.readPrefix(created.id, call), undefined);
    });

    test('a prefix that has our name but is not ours is neither used nor deleted', async () => {
      const id = await world.addPrefix('egressgateway-foreign', 30);
      await assert.rejects(ownPrefix('foreign'), (error) => isCloudError(error, 'CloudRequestFailed'));
      await world.provider.deleteOwnPrefix('foreign', call);
      assert.equal((await world.provider.readPrefix(id, call))?.id.toLowerCase(), id.toLowerCase());
    });

    test('a brought prefix shows its tags and what is free of it', async () => {
      const id = await world.addPrefix('brought', 31, { team: 'a' });
      await world.takeAddress(id);
      const prefix = await world.provider.readPrefix(id.toUpperCase().replace('/SUBSCRIPTIONS', '/subscriptions'), call);
      assert.ok(prefix);
      assert.deepEqual([prefix.tags, availableAddresses(prefix, 'u')], [{ team: 'a' }, 1]);
      await assert.rejects(world.provider.readPrefix('brought', call), /not the resource id of a public IP prefix/);
    });

    test('many configurations cost the model and each instance one write, and none when they are there', async () => {
      const reference = await world.addPool('batch', 2);
      world.countWrites();
      const uids = ['batch-a', 'batch-b', 'batch-c'];
      const pool = await ensure(reference, ...uids);
      assert.deepEqual(world.countWrites(), { models: 1, instances: 2 });
      for (const configurationUid of uids) {
        const prefixId = world.provider.ownPrefixId(configurationUid);
        assert.ok(isInPlace(pool, { configurationUid, prefixId }));
        assert.equal((await world.provider.readPrefix(prefixId, call))?.uses.length, 2);
      }
      const addresses = pool.instances.flatMap(({ primaryAddress, egress }) => [
        primaryAddress,
        ...egress.map(({ privateAddress }) => privateAddress),
      ]);
      assert.equal(new Set(addresses).size, 8);
      assert.deepEqual(await ensure(reference, ...uids), pool);
      assert.deepEqual(world.countWrites(), { models: 0, instances: 0 });
    });

    test('a public address is of the prefix, and private-IP mode has none', async () => {
      const reference = await world.addPool('modes', 2);
      const prefix = await ownPrefix('modes-public');
      const wanted = [{ configurationUid: 'modes-public', prefixId: prefix.id }, { configurationUid: 'modes-private' }];
      const { pool } = await world.provider.changePool(reference, { ensure: wanted, remove: [] }, call);
      const addressesOf = (uid: string): readonly (string | undefined)[] =>
        pool.instances
          .flatMap(({ egress }) => egress.filter((one) => one.configurationUid === uid))
          .map((one) => one.publicAddress);
      const base = prefix.cidr.slice(0, prefix.cidr.lastIndexOf('.'));
      assert.equal(new Set(addressesOf('modes-public')).size, 2);
      assert.ok(addressesOf('modes-public').every((address) => address?.startsWith(base)));
      assert.deepEqual(addressesOf('modes-private'), [undefined, undefined]);
      assert.ok(isInPlace(pool, { configurationUid: 'modes-private' }));
    });

    test('a new instance gets what the others have', async () => {
      const reference = await world.addPool('growing', 2);
      await ensure(reference, 'growing');
      await world.scalePool('growing', 3);
      const pool = await readPool(reference);
      assert.equal(pool.instances.length, 3);
      assert.ok(isInPlace(pool, { configurationUid: 'growing', prefixId: world.provider.ownPrefixId('growing') }));
    });

    test('what was removed behind our back comes back', async () => {
      const reference = await world.addPool('drifting', 2);
      await ensure(reference, 'drifting');
      await world.removeBehind('drifting', 'drifting');
      const wanted = { configurationUid: 'drifting', prefixId: world.provider.ownPrefixId('drifting') };
      assert.equal(isInPlace(await readPool(reference), wanted), false);
      world.countWrites();
      assert.ok(isInPlace(await ensure(reference, 'drifting'), wanted));
      assert.deepEqual(world.countWrites(), { models: 0, instances: 1 });
    });

    test('removing one leaves the others, and frees its prefix', async () => {
      const reference = await world.addPool('shrinking', 2);
      await ensure(reference, 'shrinking-a', 'shrinking-b');
      await assert.rejects(world.provider.deleteOwnPrefix('shrinking-a', call), (error) =>
        isCloudError(error, 'CloudRequestFailed'),
      );
      const { pool } = await world.provider.changePool(reference, { ensure: [], remove: ['shrinking-a'] }, call);
      assert.equal(isOnPool(pool, 'shrinking-a'), false);
      assert.ok(isInPlace(pool, { configurationUid: 'shrinking-b', prefixId: world.provider.ownPrefixId('shrinking-b') }));
      await world.provider.deleteOwnPrefix('shrinking-a', call);
    });

    test('what asks for more addresses than its prefix has is refused before anything is written; the rest is done', async () => {
      const reference = await world.addPool('tight', 3);
      const prefixId = await world.addPrefix('tight', 31);
      const ensured = [
        { configurationUid: 'tight', prefixId, availableAddresses: 2 },
        { configurationUid: 'roomy', prefixId: (await ownPrefix('roomy')).id },
      ];
      const { pool, refused } = await world.provider.changePool(reference, { ensure: ensured, remove: [] }, call);
      assert.ok(isCloudError(refused.get('tight'), 'PrefixExhausted'));
      assert.deepEqual([isOnPool(pool, 'tight'), isOnPool(pool, 'roomy')], [false, true]);
    });

    test('a prefix that runs out all the same fails with the code of the service, and the model stays usable', async () => {
      const reference = await world.addPool('late', 2);
      const prefixId = await world.addPrefix('late', 31);
      await world.takeAddress(prefixId);
      const { failures } = await world.provider.changePool(
        reference,
        { ensure: [{ configurationUid: 'late', prefixId }], remove: [] },
        call,
      );
      assert.ok(failures.some((failure) => isCloudError(failure, 'PrefixExhausted')));
      assert.equal(failures[0]?.serviceCode, 'PublicIpPrefixOutOfIpAddressesForVMScaleSet');
      const { pool } = await world.provider.changePool(reference, { ensure: [], remove: ['late'] }, call);
      assert.equal(isOnPool(pool, 'late'), false);
    });

    test('a pool that is deleted takes everything on it along', async () => {
      const reference = await world.addPool('leaving', 2);
      await ensure(reference, 'leaving');
      await world.deletePool('leaving');
      assert.equal(await world.provider.readPool(reference, call), undefined);
      await world.provider.deleteOwnPrefix('leaving', call);
    });

    test('an aborted call throws the reason of the signal', async () => {
      const reason = new Error('enough');
      const reference: GatewayPoolReference = { by: 'nodepoolName', nodepoolName: 'missing' };
      await assert.rejects(
        world.provider.readPool(reference, { signal: AbortSignal.abort(reason) }),
        (error) => error === reason,
      );
    });
  });
}
