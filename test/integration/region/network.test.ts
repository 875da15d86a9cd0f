import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

describe('network resources over the SDK', () => {
  let server: RegionServer;
  let network: NetworkManagementClient;
  let resources: ResourceManagementClient;
  const location = 'westeurope';

  before(async () => {
    server = await startRegionServer();
    network = new NetworkManagementClient(server.credential, server.subscriptionId, server.clientOptions);
    resources = new ResourceManagementClient(server.credential, server.subscriptionId, server.clientOptions);
    await resources.resourceGroups.createOrUpdate('rg', { location: 'West Europe' });
  });
  after(async () => {
    await server.close();
  });

  test('a resource group is created, found, listed and checked', async () => {
    const group = await resources.resourceGroups.get('RG');
    assert.equal(group.name, 'rg');
    assert.equal(group.location, location);
    assert.equal((await resources.resourceGroups.checkExistence('rg')).body, true);
    assert.equal((await resources.resourceGroups.checkExistence('nope')).body, false);
    const names = [];
    for await (const { name } of resources.resourceGroups.list()) names.push(name);
    assert.deepEqual(names, ['rg']);
  });

  test('a virtual network carries its subnets', async () => {
    const created = await network.virtualNetworks.beginCreateOrUpdateAndWait('rg', 'net', {
      location,
      addressSpace: { addressPrefixes: ['10.224.0.0/12'] },
      subnets: [{ name: 'aks-subnet', addressPrefix: '10.224.0.0/16' }],
    });
    assert.equal(created.provisioningState, 'Succeeded');
    assert.equal(created.subnets?.[0]?.addressPrefix, '10.224.0.0/16');
    assert.equal(created.subnets?.[0]?.provisioningState, 'Succeeded');
    const subnet = await network.subnets.beginCreateOrUpdateAndWait('rg', 'net', 'second', { addressPrefix: '10.225.0.0/24' });
    assert.match(subnet.id ?? '', /virtualNetworks\/net\/subnets\/second$/);
    assert.equal((await network.virtualNetworks.get('rg', 'net')).subnets?.length, 2);
    assert.deepEqual(
      server.platform.networkState().virtualNetworks[0]?.subnets.map(({ address }) => address),
      ['10.224.0.0', '10.225.0.0'],
    );
    await network.subnets.beginDeleteAndWait('rg', 'net', 'second');
    assert.equal(server.platform.networkState().virtualNetworks[0]?.subnets.length, 1);
  });

  test('a prefix gets a network of its size, and shows the addresses that come out of it', async () => {
    const prefix = await network.publicIPPrefixes.beginCreateOrUpdateAndWait('rg', 'prefix', {
      location,
      sku: { name: 'Standard', tier: 'Regional' },
      prefixLength: 31,
      publicIPAddressVersion: 'IPv4',
    });
    assert.match(prefix.ipPrefix ?? '', /^203\.0\.113\.\d+\/31$/);
    const addresses = [];
    for (const name of ['one', 'two']) {
      const body = {
        location,
        sku: { name: 'Standard' },
        publicIPAllocationMethod: 'Static',
        publicIPPrefix: { id: prefix.id ?? '' },
      } as const;
      addresses.push((await network.publicIPAddresses.beginCreateOrUpdateAndWait('rg', name, body)).ipAddress);
    }
    assert.equal(new Set(addresses).size, 2);
    const listed = (await network.publicIPPrefixes.get('rg', 'prefix')).publicIPAddresses;
    assert.deepEqual(
      listed?.map(({ id }) => id?.split('/').at(-1)),
      ['one', 'two'],
    );
    await assert.rejects(network.publicIPPrefixes.beginDeleteAndWait('rg', 'prefix'), {
      code: 'InUsePublicIpPrefixCannotBeDeleted',
    });
    for (const name of ['one', 'two']) await network.publicIPAddresses.beginDeleteAndWait('rg', name);
    await network.publicIPPrefixes.beginDeleteAndWait('rg', 'prefix');
    await assert.rejects(network.publicIPPrefixes.get('rg', 'prefix'), { statusCode: 404, code: 'ResourceNotFound' });
  });

  test('a prefix outside /28 to /31 is refused', async () => {
    await assert.rejects(
      network.publicIPPrefixes.beginCreateOrUpdateAndWait('rg', 'big', { location, sku: { name: 'Standard' }, prefixLength: 24 }),
      { statusCode: 400, code: 'SpecifiedPrefixLengthNotSupported' },
    );
  });

  test('deleting a group deletes what is in it', async () => {
    await resources.resourceGroups.createOrUpdate('gone', { location });
    await network.virtualNetworks.beginCreateOrUpdateAndWait('gone', 'n', {
      location,
      addressSpace: { addressPrefixes: ['10.0.0.0/8'] },
    });
    await network.publicIPPrefixes.beginCreateOrUpdateAndWait('gone', 'p', { location, prefixLength: 30 });
    await resources.resourceGroups.beginDeleteAndWait('gone');
    assert.equal((await resources.resourceGroups.checkExistence('gone')).body, false);
    assert.equal(server.platform.networkState().virtualNetworks.length, 1);
  });
});
