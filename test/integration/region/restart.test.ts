import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { parseResourceId } from '../../../src/region/arm/ids.ts';
import type { Operation } from '../../../src/region/arm/operations.ts';
import { createRegion, type Region } from '../../../src/region/region.ts';
import { createMemoryPlatform } from '../../support/memory-platform.ts';

const location = 'local';
const log = createLogger('region', { level: 'silent' });
const memory = createMemoryPlatform();
let stateDir: string;

/** The first boot begins and does not end until the test says how. */
const firstBoot = Promise.withResolvers<never>();
const hasBegun = Promise.withResolvers<undefined>();
let isInterrupted = true;
const platform = {
  ...memory,
  machines: {
    ...memory.machines,
    start: async (spec: Parameters<typeof memory.machines.start>[0]): Promise<void> => {
      hasBegun.resolve(undefined);
      if (isInterrupted) await firstBoot.promise;
      await memory.machines.start(spec);
    },
  },
};

before(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'segw-restart-'));
});
after(async () => {
  await rm(stateDir, { recursive: true, force: true });
});

const open = async (): Promise<Region> => createRegion({ stateDir, platform, log });

function put(region: Region, path: string, body: object): Operation | undefined {
  const id = `/subscriptions/${region.credentials.subscriptionId}/resourceGroups/rg${path}`;
  return region.manager.put({ id: parseResourceId(id, 'id'), body }).operation;
}

async function ended(region: Region, operation: Operation | undefined): Promise<Operation | undefined> {
  for (;;) {
    const now = operation && region.manager.operation(operation.id);
    if (now?.status !== 'InProgress') return now;
    await new Promise(setImmediate);
  }
}

test('an operation that a restart interrupted is carried out by the next region, with the same addresses and secrets', async () => {
  const first = await open();
  await first.start();
  put(first, '', { location });
  const properties = {
    addressSpace: { addressPrefixes: ['10.0.0.0/8'] },
    subnets: [{ name: 's', properties: { addressPrefix: '10.1.0.0/24' } }],
  };
  await ended(first, put(first, '/providers/Microsoft.Network/virtualNetworks/v', { location, properties }));
  const subnet = {
    id: `/subscriptions/${first.credentials.subscriptionId}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s`,
  };
  const interfaces = [{ name: 'nic', properties: { ipConfigurations: [{ name: 'ip', properties: { subnet } }] } }];
  const virtualMachineProfile = { networkProfile: { networkInterfaceConfigurations: interfaces } };
  const set = { location, sku: { name: 'Standard_D2s_v5', capacity: 2 }, properties: { virtualMachineProfile } };
  const operation = put(first, '/providers/Microsoft.Compute/virtualMachineScaleSets/set', set);
  await hasBegun.promise;
  const stopped = first.stop();
  firstBoot.reject(new Error('the region went away'));
  await stopped;
  assert.deepEqual(memory.machineNames(), []);

  isInterrupted = false;
  const second = await open();
  assert.equal(second.manager.operation(operation?.id ?? '')?.status, 'InProgress');
  await second.start();
  assert.equal((await ended(second, operation))?.status, 'Succeeded');
  assert.deepEqual(memory.machineNames(), ['set000000', 'set000001']);
  assert.deepEqual(
    memory.networkState().virtualNetworks[0]?.ports.map(({ addresses }) => addresses),
    [['10.1.0.4'], ['10.1.0.5']],
  );
  const { clientSecret, ...rest } = first.credentials;
  const { clientSecret: again, ...restAgain } = second.credentials;
  assert.deepEqual([clientSecret.reveal(), rest], [again.reveal(), restAgain]);
  await second.stop();
});

test('keys, secrets and the store are readable by their owner only', async () => {
  for (const file of ['region.sqlite', 'ca.key', 'ca.pem', 'client-secret', 'token-key.json'])
    assert.equal((await stat(join(stateDir, 'region', file))).mode & 0o777, 0o600, file);
});
