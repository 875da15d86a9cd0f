import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  ComputeManagementClient,
  type VirtualMachineScaleSet,
  type VirtualMachineScaleSetIPConfiguration,
  type VirtualMachineScaleSetVM,
  type VirtualMachineScaleSetVMProfile,
} from '@azure/arm-compute';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'westeurope';
const subnetPath = 'providers/Microsoft.Network/virtualNetworks/net/subnets/nodes';

describe('scale sets over the SDK', () => {
  let server: RegionServer;
  let compute: ComputeManagementClient;
  let network: NetworkManagementClient;
  let group: string;

  before(async () => {
    server = await startRegionServer();
    compute = new ComputeManagementClient(server.credential, server.subscriptionId, server.clientOptions);
    network = new NetworkManagementClient(server.credential, server.subscriptionId, server.clientOptions);
    group = `/subscriptions/${server.subscriptionId}/resourceGroups/rg`;
    const resources = new ResourceManagementClient(server.credential, server.subscriptionId, server.clientOptions);
    await resources.resourceGroups.createOrUpdate('rg', { location });
    await network.virtualNetworks.beginCreateOrUpdateAndWait('rg', 'net', {
      location,
      addressSpace: { addressPrefixes: ['10.224.0.0/12'] },
      subnets: [{ name: 'nodes', addressPrefix: '10.224.0.0/16' }],
    });
    await network.publicIPPrefixes.beginCreateOrUpdateAndWait('rg', 'egress', { location, prefixLength: 31 });
    await create('workers', 2);
  });
  after(async () => {
    await server.close();
  });

  type Interfaces = NonNullable<VirtualMachineScaleSetVM['networkProfileConfiguration']>;
  type IpConfiguration = VirtualMachineScaleSetIPConfiguration;

  function ipConfiguration(name: string, prefix?: string): IpConfiguration {
    const subnet = { id: `${group}/${subnetPath}` };
    if (prefix === undefined) return { name, subnet };
    const publicIPPrefix = { id: `${group}/providers/Microsoft.Network/publicIPPrefixes/${prefix}` };
    return { name, subnet, primary: false, publicIPAddressConfiguration: { name, publicIPPrefix } };
  }

  function interfaces(name: string, extra: readonly IpConfiguration[] = []): Interfaces {
    return { networkInterfaceConfigurations: [{ name, ipConfigurations: [ipConfiguration('ipconfig1'), ...extra] }] };
  }

  function profile(name: string, extra: readonly IpConfiguration[] = []): VirtualMachineScaleSetVMProfile {
    return { networkProfile: interfaces(name, extra) };
  }

  async function create(name: string, capacity: number): Promise<VirtualMachineScaleSet> {
    return compute.virtualMachineScaleSets.createOrUpdate('rg', name, {
      location,
      sku: { name: 'Standard_D2s_v5', capacity },
      tags: { 'aks-managed-poolName': name },
      virtualMachineProfile: profile(name),
    });
  }

  async function instanceNames(set: string): Promise<string[]> {
    const names = [];
    for await (const { instanceId } of compute.virtualMachineScaleSetVMs.list('rg', set)) names.push(instanceId ?? '');
    return names;
  }

  async function addressesOf(set: string, instanceId: string): Promise<(string | undefined)[]> {
    const nic = await network.networkInterfaces.getVirtualMachineScaleSetNetworkInterface('rg', set, instanceId, set);
    return (nic.ipConfigurations ?? []).map(({ privateIPAddress }) => privateIPAddress);
  }

  test('a new set has its instances, each with a running machine and an address', async () => {
    const set = await compute.virtualMachineScaleSets.get('rg', 'workers');
    assert.equal(set.provisioningState, 'Succeeded');
    assert.match(set.uniqueId ?? '', /^[0-9a-f-]{36}$/);
    const [nic] = set.virtualMachineProfile?.networkProfile?.networkInterfaceConfigurations ?? [];
    assert.deepEqual([nic?.primary, nic?.ipConfigurations?.[0]?.primary], [true, true]);
    assert.deepEqual(await instanceNames('workers'), ['0', '1']);
    assert.deepEqual(server.platform.machineNames(), ['workers000000', 'workers000001']);
    assert.deepEqual([await addressesOf('workers', '0'), await addressesOf('workers', '1')], [['10.224.0.4'], ['10.224.0.5']]);
  });

  test('a PUT without tags and size keeps them', async () => {
    const set = await compute.virtualMachineScaleSets.createOrUpdate('rg', 'workers', {
      location,
      virtualMachineProfile: profile('workers'),
    });
    assert.deepEqual(set.tags, { 'aks-managed-poolName': 'workers' });
    assert.equal(set.sku?.capacity, 2);
  });

  test('the model is for new instances only, and a PUT of an instance changes its interfaces', async () => {
    const egress = ipConfiguration('egressgateway-1', 'egress');
    await compute.virtualMachineScaleSets.createOrUpdate('rg', 'workers', {
      location,
      virtualMachineProfile: profile('workers', [egress]),
    });
    const before = await compute.virtualMachineScaleSetVMs.get('rg', 'workers', '0');
    assert.equal(before.latestModelApplied, false);
    assert.deepEqual(await addressesOf('workers', '0'), ['10.224.0.4']);
    const networkProfileConfiguration = interfaces('workers', [egress]);
    const after = await compute.virtualMachineScaleSetVMs.update('rg', 'workers', '0', { location, networkProfileConfiguration });
    assert.equal(after.latestModelApplied, true);
    assert.deepEqual(await addressesOf('workers', '0'), ['10.224.0.4', '10.224.0.6']);
    const prefix = await network.publicIPPrefixes.get('rg', 'egress');
    assert.match(
      prefix.publicIPAddresses?.[0]?.id ?? '',
      /virtualMachines\/0\/networkInterfaces\/workers\/ipConfigurations\/egressgateway-1\/publicIPAddresses\/egressgateway-1$/,
    );
    const state = server.platform.networkState().virtualNetworks[0];
    assert.deepEqual(
      state?.publicAddresses.map(({ privateAddress }) => privateAddress),
      ['10.224.0.6'],
    );
    assert.deepEqual(
      state?.outbound.map(({ privateAddress }) => privateAddress),
      ['10.224.0.4', '10.224.0.5'],
    );
  });

  test('an exhausted prefix makes the operation fail, and capacity back makes it succeed', async () => {
    await create('other', 1);
    const withEgress = (set: string): Interfaces => interfaces(set, [ipConfiguration('e', 'egress')]);
    const update = async (set: string, id: string, networkProfileConfiguration: Interfaces): Promise<unknown> =>
      compute.virtualMachineScaleSetVMs.update('rg', set, id, { location, networkProfileConfiguration });
    await update('workers', '1', withEgress('workers'));
    await assert.rejects(
      update('other', '0', withEgress('other')),
      /PublicIpPrefixOutOfIpAddressesForVMScaleSet.*can provide 2 public ips/,
    );
    assert.equal((await compute.virtualMachineScaleSetVMs.get('rg', 'other', '0')).provisioningState, 'Failed');
    await update('workers', '1', interfaces('workers'));
    await update('other', '0', withEgress('other'));
    assert.equal((await addressesOf('other', '0')).length, 2);
    await compute.virtualMachineScaleSets.delete('rg', 'other');
    assert.equal(server.platform.machine('other000000'), undefined);
  });

  test('scaling in takes the newest instance, and scaling out never uses a number twice', async () => {
    await create('pool', 3);
    await create('pool', 1);
    assert.deepEqual(await instanceNames('pool'), ['0']);
    await create('pool', 2);
    assert.deepEqual(await instanceNames('pool'), ['0', '3']);
    await compute.virtualMachineScaleSetVMs.delete('rg', 'pool', '0');
    assert.deepEqual(await instanceNames('pool'), ['3']);
    assert.equal((await compute.virtualMachineScaleSets.get('rg', 'pool')).sku?.capacity, 1);
    await compute.virtualMachineScaleSets.deleteInstances('rg', 'pool', { instanceIds: ['3'] });
    assert.deepEqual(await instanceNames('pool'), []);
    await compute.virtualMachineScaleSets.delete('rg', 'pool');
  });

  test('power actions reach the machines of the named instances only', async () => {
    const powers = (): (string | undefined)[] =>
      ['workers000000', 'workers000001'].map((name) => server.platform.machine(name)?.power);
    await compute.virtualMachineScaleSets.powerOff('rg', 'workers', {
      vmInstanceIDs: { instanceIds: ['0'] },
      skipShutdown: true,
    });
    assert.deepEqual(powers(), ['stopped', 'running']);
    assert.equal(server.platform.events().at(-1), 'cut workers000000');
    const view = await compute.virtualMachineScaleSetVMs.getInstanceView('rg', 'workers', '0');
    assert.ok(view.statuses?.some(({ code }) => code === 'PowerState/stopped'));
    const isConnected = server.platform.networkState().virtualNetworks[0]?.ports.map((port) => port.isConnected);
    assert.deepEqual(isConnected, [false, true]);
    await compute.virtualMachineScaleSetVMs.start('rg', 'workers', '0');
    assert.deepEqual(powers(), ['running', 'running']);
    await compute.virtualMachineScaleSets.restart('rg', 'workers');
    assert.deepEqual(
      ['workers000000', 'workers000001'].map((name) => server.platform.machine(name)?.boots),
      [3, 2],
    );
    await compute.virtualMachineScaleSetVMs.reimage('rg', 'workers', '1');
    assert.equal(server.platform.machine('workers000001')?.disks, 2);
    await assert.rejects(compute.virtualMachineScaleSets.start('rg', 'workers', { vmInstanceIDs: { instanceIds: ['7'] } }), {
      code: 'InvalidParameter',
    });
  });

  test('a machine keeps its address and comes back after a restart of the region', async () => {
    const before = await addressesOf('workers', '1');
    await server.platform.machines.powerOff('workers000001', { skipShutdown: true });
    await server.restart();
    while (server.platform.machine('workers000001')?.power !== 'running') await new Promise(setImmediate);
    assert.deepEqual(await addressesOf('workers', '1'), before);
  });

  test('a subnet in use stays', async () => {
    await assert.rejects(network.subnets.beginDeleteAndWait('rg', 'net', 'nodes'), { code: 'InUseSubnetCannotBeDeleted' });
    await assert.rejects(network.virtualNetworks.beginDeleteAndWait('rg', 'net'), { code: 'InUseSubnetCannotBeDeleted' });
  });
});
