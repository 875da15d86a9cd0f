import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ComputeManagementClient, type VirtualMachineScaleSetVM } from '@azure/arm-compute';
import { NetworkManagementClient } from '@azure/arm-network';
import { type Answer, type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'local';

describe('instances over the SDK', () => {
  let server: RegionServer;
  let compute: ComputeManagementClient;
  let network: NetworkManagementClient;
  let group: string;
  let set: string;

  before(async () => {
    server = await startRegionServer({ settings: { pageSize: 2 } });
    compute = new ComputeManagementClient(server.credential, server.subscriptionId, server.clientOptions);
    network = new NetworkManagementClient(server.credential, server.subscriptionId, server.clientOptions);
    group = `/subscriptions/${server.subscriptionId}/resourceGroups/rg`;
    set = `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/web`;
    await server.call('PUT', group, { location });
    await network.virtualNetworks.beginCreateOrUpdateAndWait('rg', 'net', {
      location,
      addressSpace: { addressPrefixes: ['10.0.0.0/8'] },
      subnets: [{ name: 's', addressPrefix: '10.1.0.0/16' }],
    });
    await compute.virtualMachineScaleSets.createOrUpdate('rg', 'web', {
      location,
      sku: { name: 'Standard_D2s_v5', capacity: 3 },
      virtualMachineProfile: { networkProfile: interfaces() },
    });
  });
  after(async () => {
    await server.close();
  });

  function interfaces(count = 1): NonNullable<VirtualMachineScaleSetVM['networkProfileConfiguration']> {
    const subnet = { id: `${group}/providers/Microsoft.Network/virtualNetworks/net/subnets/s` };
    const ipConfigurations = Array.from({ length: count }, (_, index) => ({
      name: `ip${String(index)}`,
      subnet,
      primary: index === 0,
    }));
    return { networkInterfaceConfigurations: [{ name: 'nic', primary: true, ipConfigurations }] };
  }

  async function codesOf(instanceId: string): Promise<(string | undefined)[]> {
    const view = await compute.virtualMachineScaleSetVMs.getInstanceView('rg', 'web', instanceId);
    return (view.statuses ?? []).map(({ code }) => code);
  }

  const named = (...instanceIds: string[]): { vmInstanceIDs: { instanceIds: string[] } } => ({ vmInstanceIDs: { instanceIds } });
  const powerOf = (number: number): string | undefined => server.platform.machine(`web00000${String(number)}`)?.power;

  async function refused(request: Promise<Answer>, code: string, target: string): Promise<void> {
    const { status, body } = await request;
    const { message: _, ...error } = Object(body['error']);
    assert.deepEqual({ status, ...error }, { status: 400, code, target });
  }

  test('the instance view comes when it is asked for, with an instance or with the list of them', async () => {
    const plain = await server.call('GET', `${set}/virtualMachines/0`);
    assert.equal(JSON.stringify(plain.body).includes('instanceView'), false);
    const expanded = await compute.virtualMachineScaleSetVMs.get('rg', 'web', '0', { expand: 'instanceView' });
    assert.deepEqual(
      expanded.instanceView?.statuses?.map(({ code }) => code),
      ['ProvisioningState/succeeded', 'PowerState/running'],
    );
    const list = [];
    for await (const one of compute.virtualMachineScaleSetVMs.list('rg', 'web', {
      expand: 'instanceView',
      select: 'instanceView',
    }))
      list.push(one.instanceView?.computerName);
    assert.deepEqual(list, ['web000000', 'web000001', 'web000002'], 'over two pages');
  });

  test('the view of a set counts its instances by state', async () => {
    const { virtualMachine, statuses } = await compute.virtualMachineScaleSets.getInstanceView('rg', 'web');
    assert.deepEqual(virtualMachine?.statusesSummary, [
      { code: 'ProvisioningState/succeeded', count: 3 },
      { code: 'PowerState/running', count: 3 },
    ]);
    assert.equal(statuses?.[0]?.code, 'ProvisioningState/succeeded');
  });

  test('a set tells which sizes it can have', async () => {
    const skus = [];
    for await (const { sku, capacity } of compute.virtualMachineScaleSets.listSkus('rg', 'web'))
      skus.push([sku?.name, capacity?.maximum]);
    assert.deepEqual(skus, [['Standard_D2s_v5', 1000]]);
  });

  test('deallocating keeps disk and addresses, and powering off does not make it less', async () => {
    const before = await server.call('GET', `${set}/virtualMachines/1/networkInterfaces`);
    await compute.virtualMachineScaleSetVMs.deallocate('rg', 'web', '1');
    await compute.virtualMachineScaleSetVMs.powerOff('rg', 'web', '1');
    assert.deepEqual(await codesOf('1'), ['ProvisioningState/succeeded', 'PowerState/deallocated']);
    assert.equal(powerOf(1), 'stopped');
    assert.deepEqual((await server.call('GET', `${set}/virtualMachines/1/networkInterfaces`)).body, before.body);
    await compute.virtualMachineScaleSets.start('rg', 'web', named('1'));
    assert.deepEqual(await codesOf('1'), ['ProvisioningState/succeeded', 'PowerState/running']);
    assert.equal(server.platform.machine('web000001')?.disks, 1);
  });

  test('an asterisk names all instances, in any verb and any case of it', async () => {
    await compute.virtualMachineScaleSets.powerOff('rg', 'web', { ...named('*'), skipShutdown: true });
    assert.deepEqual([powerOf(0), powerOf(1), powerOf(2)], ['stopped', 'stopped', 'stopped']);
    assert.equal((await server.call('POST', `${set}/RESTART`, { instanceIds: ['*'] })).status, 202);
    await compute.virtualMachineScaleSets.restart('rg', 'web');
    assert.deepEqual([powerOf(0), powerOf(1), powerOf(2)], ['running', 'running', 'running']);
  });

  test('re-imaging makes a new disk for those that are named', async () => {
    await compute.virtualMachineScaleSets.reimageAll('rg', 'web', named('2'));
    await compute.virtualMachineScaleSetVMs.reimageAll('rg', 'web', '2');
    assert.deepEqual(
      [0, 1, 2].map((number) => server.platform.machine(`web00000${String(number)}`)?.disks),
      [1, 1, 3],
    );
  });

  test('an instance gets the size and the interfaces of the model by an update of it, and lists can be filtered by that', async () => {
    await compute.virtualMachineScaleSets.update('rg', 'web', {
      sku: { name: 'Standard_D4s_v5' },
      virtualMachineProfile: { networkProfile: interfaces(2) },
    });
    const filter = 'properties/latestModelApplied eq true';
    const latest = async (): Promise<(string | undefined)[]> => {
      const names = [];
      for await (const { instanceId } of compute.virtualMachineScaleSetVMs.list('rg', 'web', { filter })) names.push(instanceId);
      return names;
    };
    assert.deepEqual(await latest(), []);
    await compute.virtualMachineScaleSets.updateInstances('rg', 'web', { instanceIds: ['0'] });
    assert.deepEqual(await latest(), ['0']);
    const { sku, networkProfileConfiguration: own } = await compute.virtualMachineScaleSetVMs.get('rg', 'web', '0');
    assert.equal(sku?.name, 'Standard_D4s_v5');
    assert.equal(own?.networkInterfaceConfigurations?.[0]?.ipConfigurations?.length, 2);
    await refused(server.call('GET', `${set}/virtualMachines?$filter=name eq 'x'`), 'InvalidParameter', '$filter');
  });

  test('what was read can be written back as it is, and an old etag is told so', async () => {
    for (const path of [set, `${set}/virtualMachines/0`]) {
      const { body } = await server.call('GET', path);
      const { etag } = body;
      assert.ok(typeof etag === 'string');
      assert.equal((await server.call('PUT', path, body, { 'If-Match': etag })).status, 200);
      assert.equal((await server.call('GET', path)).body['etag'], etag, 'nothing has changed');
      const changed = await server.call('PATCH', path, { tags: { changed: path } });
      assert.notEqual(changed.body['etag'], etag);
      assert.equal((await server.call('PUT', path, body, { 'If-Match': etag })).status, 412);
    }
  });

  test('a network interface has 256 private addresses and not one more', async () => {
    const update = async (count: number): Promise<unknown> =>
      compute.virtualMachineScaleSetVMs.update('rg', 'web', '2', { location, networkProfileConfiguration: interfaces(count) });
    await update(256);
    await assert.rejects(update(257), { code: 'PrivateIPAddressCountLimitReached' });
    const { ipConfigurations = [] } = await network.networkInterfaces.getVirtualMachineScaleSetNetworkInterface(
      'rg',
      'web',
      '2',
      'nic',
    );
    assert.equal(new Set(ipConfigurations.map(({ privateIPAddress }) => privateIPAddress)).size, 256);
    await update(1);
  });

  test('what the region cannot do is refused before anything happens', async () => {
    const events = server.platform.events().length;
    await refused(server.call('POST', `${set}/delete`, {}), 'InvalidParameter', 'instanceIds');
    await refused(server.call('POST', `${set}/manualupgrade`), 'InvalidParameter', 'instanceIds');
    await refused(server.call('POST', `${set}/start`, { instanceIds: ['0', '7'] }), 'InvalidParameter', 'instanceIds');
    await refused(server.call('POST', `${set}/deallocate?hibernate=true`), 'NotSupportedInThisRegion', 'hibernate');
    await refused(server.call('POST', `${set}/reimage`, { exactVersion: '1' }), 'NotSupportedInThisRegion', 'exactVersion');
    await refused(
      server.call('POST', `${set}/virtualMachines/0/reimage`, { osProfile: { customData: 'x' } }),
      'NotSupportedInThisRegion',
      'osProfile',
    );
    await refused(server.call('PUT', `${set}/virtualMachines/0`, { sku: { name: 'Other' } }), 'InvalidParameter', 'sku.name');
    assert.equal((await server.call('POST', `${set}/redeploy`)).status, 404);
    assert.equal((await server.call('PUT', `${set}/virtualMachines/7`, {})).status, 404);
    assert.equal(server.platform.events().length, events);
  });

  test('a set whose instance is deleted does not make another one, also when it is changed meanwhile', async () => {
    const deletion = await server.call('DELETE', `${set}/virtualMachines/0`);
    assert.equal(deletion.status, 202);
    await compute.virtualMachineScaleSets.update('rg', 'web', { tags: { touched: 'yes' } });
    const { sku } = await compute.virtualMachineScaleSets.get('rg', 'web');
    assert.equal(sku?.capacity, 2);
    assert.deepEqual(server.platform.machineNames(), ['web000001', 'web000002']);
  });
});

describe('instances of an agent pool', () => {
  let server: RegionServer;
  let cluster: string;

  before(async () => {
    server = await startRegionServer();
    const group = `/subscriptions/${server.subscriptionId}/resourceGroups/rg`;
    cluster = `${group}/providers/Microsoft.ContainerService/managedClusters/c`;
    await server.call('PUT', group, { location });
    const agentPoolProfiles = [{ name: 'np', mode: 'System', count: 2 }];
    const networkProfile = { staticEgressGatewayProfile: { enabled: true } };
    await created(cluster, { location, properties: { agentPoolProfiles, networkProfile } });
    await created(`${cluster}/agentPools/gw`, { properties: { mode: 'Gateway', count: 2 } });
  });
  after(async () => {
    await server.close();
  });

  async function created(path: string, body: object): Promise<void> {
    const { status, body: answer } = await server.call('PUT', path, body);
    assert.equal(status, 201, JSON.stringify(answer));
    await rest(path);
  }

  async function rest(path: string): Promise<void> {
    while (server.region.manager.store.get(path)?.provisioningState !== 'Succeeded') await new Promise(setImmediate);
  }

  /** What happens to the nodes of the pool when its whole set is re-imaged: `step number`. */
  async function stepsOfReimage(pool: string): Promise<readonly string[]> {
    const compute = new ComputeManagementClient(server.credential, server.subscriptionId, server.clientOptions);
    const sets = server.region.manager.store.list('Microsoft.Compute/virtualMachineScaleSets');
    const set = sets.find(({ name }) => name.startsWith(`aks-${pool}-`));
    const [, , , , resourceGroup = ''] = set?.id.split('/') ?? [];
    const before = server.platform.events().length;
    await compute.virtualMachineScaleSets.reimage(resourceGroup, set?.name ?? '');
    return server.platform
      .events()
      .slice(before)
      .map((event) => event.replace(/ .*(\d)$/, ' $1'));
  }

  test('are drained and re-imaged one after the other, each when the one before is a node again', async () => {
    const steps = ['leave', 'wipe', 'start', 'join'];
    assert.deepEqual(await stepsOfReimage('np'), [...steps.map((step) => `${step} 0`), ...steps.map((step) => `${step} 1`)]);
  });

  test('that are gateways wait until the one before serves again', async () => {
    const steps = ['leave', 'wipe', 'start', 'join', 'serve'];
    assert.deepEqual(await stepsOfReimage('gw'), [...steps.map((step) => `${step} 0`), ...steps.map((step) => `${step} 1`)]);
  });

  test('keep their node while they are off, and it is the same one after a start', async () => {
    const name = [...server.platform.nodes().keys()].find((node) => node.includes('-np-')) ?? '';
    const instance = server.region.manager.store
      .list('Microsoft.Compute/virtualMachineScaleSets/virtualMachines')
      .find(({ id, name: number }) => id.includes('/aks-np-') && number === '0');
    const post = async (verb: string): Promise<void> => {
      assert.equal((await server.call('POST', `${instance?.id ?? ''}/${verb}`)).status, 202);
    };
    await post('deallocate');
    while (server.platform.machine(name)?.power !== 'stopped') await new Promise(setImmediate);
    assert.ok(server.platform.nodes().has(name));
    await post('start');
    while (server.platform.machine(name)?.power !== 'running') await new Promise(setImmediate);
    assert.deepEqual(server.platform.events().slice(-2), [`off ${name}`, `start ${name}`]);
  });
});
