import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ComputeManagementClient } from '@azure/arm-compute';
import { type LoadBalancer, NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'westeurope';

describe('load balancers and network interfaces over the SDK', () => {
  let server: RegionServer;
  let network: NetworkManagementClient;
  let subnetId: string;
  let addressId: string;
  let group: string;

  before(async () => {
    server = await startRegionServer();
    const { credential, subscriptionId, clientOptions } = server;
    network = new NetworkManagementClient(credential, subscriptionId, clientOptions);
    await new ResourceManagementClient(credential, subscriptionId, clientOptions).resourceGroups.createOrUpdate('rg', {
      location,
    });
    group = `/subscriptions/${subscriptionId}/resourceGroups/rg/providers/Microsoft.Network`;
    const { subnets } = await network.virtualNetworks.beginCreateOrUpdateAndWait('rg', 'net', {
      location,
      addressSpace: { addressPrefixes: ['10.224.0.0/16'] },
      subnets: [{ name: 'nodes', addressPrefix: '10.224.0.0/28' }],
    });
    subnetId = subnets?.[0]?.id ?? '';
    addressId = await createAddress('one');
  });
  after(async () => {
    await server.close();
  });

  async function createAddress(name: string): Promise<string> {
    const address = { location, sku: { name: 'Standard' }, publicIPAllocationMethod: 'Static' };
    return (await network.publicIPAddresses.beginCreateOrUpdateAndWait('rg', name, address)).id ?? '';
  }

  /** The load balancer that the upstream operator writes (arm-facts 3.5). */
  function internal(name: string): LoadBalancer {
    const part = (type: string, child: string) => ({ id: `${group}/loadBalancers/${name}/${type}/${child}` });
    return {
      location,
      sku: { name: 'Standard', tier: 'Regional' },
      frontendIPConfigurations: [
        { name: 'f', privateIPAddressVersion: 'IPv4', privateIPAllocationMethod: 'Dynamic', subnet: { id: subnetId } },
      ],
      backendAddressPools: [{ name: 'p' }],
      probes: [{ name: 'u', protocol: 'Http', port: 8082, requestPath: '/gw/uid', intervalInSeconds: 5, probeThreshold: 1 }],
      loadBalancingRules: [
        {
          name: 'u',
          protocol: 'Udp',
          enableFloatingIP: true,
          frontendPort: 6000,
          backendPort: 6000,
          frontendIPConfiguration: part('frontendIPConfigurations', 'f'),
          backendAddressPool: part('backendAddressPools', 'p'),
          probe: part('probes', 'u'),
        },
      ],
    };
  }

  async function put(name: string, body: LoadBalancer): Promise<LoadBalancer> {
    return network.loadBalancers.beginCreateOrUpdateAndWait('rg', name, body);
  }

  test('an internal one gets an address, and children with ids, names and etags', async () => {
    const created = await put('ilb', internal('ilb'));
    assert.partialDeepStrictEqual(created, {
      provisioningState: 'Succeeded',
      frontendIPConfigurations: [
        {
          privateIPAddress: '10.224.0.4',
          privateIPAddressVersion: 'IPv4',
          loadBalancingRules: [{ id: `${group}/loadBalancers/ilb/loadBalancingRules/u` }],
        },
      ],
      loadBalancingRules: [{ protocol: 'Udp', enableFloatingIP: true, frontendPort: 6000 }],
      probes: [{ protocol: 'Http', requestPath: '/gw/uid', intervalInSeconds: 5, probeThreshold: 1 }],
    });
    const { frontendIPConfigurations = [], loadBalancingRules = [], probes = [], backendAddressPools = [], etag } = created;
    const children = [...frontendIPConfigurations, ...loadBalancingRules, ...probes, ...backendAddressPools];
    assert.equal(children.length, 4);
    for (const child of children) {
      assert.match(String(child.id), /\/loadBalancers\/ilb\//);
      assert.match(String(child.type), /^Microsoft\.Network\/loadBalancers\//);
      assert.equal(child.etag, etag);
    }
  });

  test('what GET answers is acceptable as PUT, and changes neither etag nor address', async () => {
    const before = await network.loadBalancers.get('rg', 'ilb');
    const after = await put('ilb', before);
    assert.equal(after.etag, before.etag);
    assert.deepEqual(after, before);
  });

  test('children are read under their own paths', async () => {
    const { loadBalancers, loadBalancerProbes, loadBalancerFrontendIPConfigurations: frontends } = network;
    const { etag } = await loadBalancers.get('rg', 'ILB');
    assert.equal((await loadBalancerProbes.get('rg', 'ilb', 'U')).etag, etag);
    assert.deepEqual(
      (await Array.fromAsync(frontends.list('rg', 'ilb'))).map(({ name }) => name),
      ['f'],
    );
    await assert.rejects(loadBalancerProbes.get('rg', 'ilb', 'none'), { statusCode: 404, code: 'ResourceNotFound' });
  });

  test('a PUT with an old etag is refused, and changes nothing', async () => {
    const before = await network.loadBalancers.get('rg', 'ilb');
    const stale = { requestOptions: { customHeaders: { 'If-Match': 'W/"00000000-0000-0000-0000-000000000000"' } } };
    await assert.rejects(network.loadBalancers.beginCreateOrUpdateAndWait('rg', 'ilb', { ...before, probes: [] }, stale), {
      statusCode: 412,
      code: 'PreconditionFailed',
    });
    assert.deepEqual(await network.loadBalancers.get('rg', 'ilb'), before);
    const current = { requestOptions: { customHeaders: { 'If-Match': `"${before.etag ?? ''}"` } } };
    assert.equal((await network.loadBalancers.beginCreateOrUpdateAndWait('rg', 'ilb', before, current)).etag, before.etag);
  });

  test('PATCH changes the tags', async () => {
    const { tags, probes } = await network.loadBalancers.updateTags('rg', 'ilb', { tags: { Team: 'net' } });
    assert.deepEqual([tags, probes?.length], [{ Team: 'net' }, 1]);
  });

  test('a public address has one user, and stays as long as it has one', async () => {
    const frontend = { name: 'f', publicIPAddress: { id: addressId } };
    await put('public', { location, sku: { name: 'Standard' }, frontendIPConfigurations: [frontend] });
    const { ipConfiguration } = await network.publicIPAddresses.get('rg', 'one');
    assert.equal(ipConfiguration?.id, `${group}/loadBalancers/public/frontendIPConfigurations/f`);
    await assert.rejects(put('second', { location, frontendIPConfigurations: [frontend] }), {
      statusCode: 400,
      code: 'PublicIPAddressInUse',
    });
    await assert.rejects(network.publicIPAddresses.beginDeleteAndWait('rg', 'one'), {
      statusCode: 400,
      code: 'PublicIPAddressCannotBeDeleted',
    });
    await network.loadBalancers.beginDeleteAndWait('rg', 'public');
    assert.equal((await network.publicIPAddresses.get('rg', 'one')).ipConfiguration, undefined);
  });

  test('what this region cannot do, and what makes no sense, is refused', async () => {
    const base = internal('bad');
    const [rule] = base.loadBalancingRules ?? [];
    const [probe] = base.probes ?? [];
    assert.ok(rule && probe);
    const table: [LoadBalancer, string, RegExp][] = [
      [{ ...base, inboundNatRules: [{ name: 'n', frontendPort: 22 }] }, 'NotSupportedInThisRegion', /inbound NAT rules/],
      [{ ...base, sku: { name: 'Basic' } }, 'InvalidParameter', /only Standard/],
      [
        { ...base, frontendIPConfigurations: [{ name: 'f', zones: ['1'], privateIPAllocationMethod: 'Dynamic' }] },
        'InvalidParameter',
        /publicIPAddress/,
      ],
      [{ ...base, probes: [] }, 'InvalidResourceReference', /probes\/u/],
      [{ ...base, backendAddressPools: [] }, 'InvalidResourceReference', /backendAddressPools\/p/],
      [{ ...base, loadBalancingRules: [{ ...rule, protocol: 'All' }] }, 'InvalidParameter', /Tcp or Udp/],
      [{ ...base, loadBalancingRules: [{ ...rule, backendPort: 6001 }] }, 'InvalidParameter', /floating IP/],
      [{ ...base, loadBalancingRules: [rule, { ...rule, name: 'v' }] }, 'RulesUseSameFrontendPortProtocolAndIPConfig', /u and v/],
      [{ ...base, probes: [probe, probe] }, 'InvalidParameter', /unique/],
      [{ ...base, probes: [{ ...probe, port: 25 }] }, 'InvalidParameter', /not probed/],
      [{ ...base, probes: [{ ...probe, protocol: 'Https' }] }, 'InvalidParameter', /Http or Tcp/],
    ];
    for (const [body, code, message] of table)
      await assert.rejects(put('bad', body), (error: Error & { code?: string; statusCode?: number }) => {
        assert.deepEqual([error.statusCode, error.code], [400, code], error.message);
        assert.match(error.message, message);
        return true;
      });
    await assert.rejects(network.loadBalancers.get('rg', 'bad'), { statusCode: 404 });
  });

  test('an interface has its addresses, and a place in a pool that keeps the load balancer', async () => {
    const pool = { id: `${group}/loadBalancers/ilb/backendAddressPools/p` };
    const { ipConfigurations, macAddress } = await network.networkInterfaces.beginCreateOrUpdateAndWait('rg', 'nic', {
      location,
      ipConfigurations: [
        { name: 'first', subnet: { id: subnetId }, publicIPAddress: { id: addressId }, loadBalancerBackendAddressPools: [pool] },
        { name: 'second', subnet: { id: subnetId }, privateIPAllocationMethod: 'Static', privateIPAddress: '10.224.0.9' },
      ],
    });
    assert.deepEqual(
      ipConfigurations?.map(({ privateIPAddress, primary }) => [privateIPAddress, primary]),
      [
        ['10.224.0.5', true],
        ['10.224.0.9', false],
      ],
    );
    assert.match(macAddress ?? '', /^00-0D-3A(-[0-9A-F]{2}){3}$/);
    const { backendAddressPools } = await network.loadBalancers.get('rg', 'ilb');
    assert.equal(backendAddressPools?.[0]?.backendIPConfigurations?.[0]?.id, ipConfigurations?.[0]?.id);
    await assert.rejects(network.loadBalancers.beginDeleteAndWait('rg', 'ilb'), {
      statusCode: 400,
      code: 'InUseLoadBalancerCannotBeDeleted',
    });
    const { ipConfigurations: users } = await network.subnets.get('rg', 'net', 'nodes');
    assert.equal(users?.length, 3);
    await assert.rejects(network.subnets.beginDeleteAndWait('rg', 'net', 'nodes'), { code: 'InUseSubnetCannotBeDeleted' });
  });

  test('an interface that reads itself back keeps its addresses; an address that is taken is refused', async () => {
    const before = await network.networkInterfaces.get('rg', 'nic');
    assert.deepEqual(await network.networkInterfaces.beginCreateOrUpdateAndWait('rg', 'nic', before), before);
    const wish = (privateIPAddress: string) => ({
      location,
      ipConfigurations: [{ name: 'c', subnet: { id: subnetId }, privateIPAllocationMethod: 'Static', privateIPAddress }],
    });
    for (const [address, code] of [
      ['10.224.0.9', 'PrivateIPAddressInUse'],
      ['10.225.0.9', 'PrivateIPAddressNotInSubnet'],
      ['10.224.0.1', 'PrivateIPAddressInReservedRange'],
    ] as const)
      await assert.rejects(network.networkInterfaces.beginCreateOrUpdateAndWait('rg', 'other', wish(address)), { code });
  });

  test('interfaces are listed by group and by subscription, and deleted', async () => {
    for (const list of [network.networkInterfaces.list('rg'), network.networkInterfaces.listAll()])
      assert.deepEqual(
        (await Array.fromAsync(list)).map(({ name }) => name),
        ['nic'],
      );
    await network.networkInterfaces.beginDeleteAndWait('rg', 'nic');
    await network.loadBalancers.beginDeleteAndWait('rg', 'ilb');
    assert.deepEqual(await Array.fromAsync(network.loadBalancers.listAll()), []);
    assert.deepEqual((await network.subnets.get('rg', 'net', 'nodes')).ipConfigurations, []);
  });

  test('a scale set names only pools that exist, and a pool with members stays', async () => {
    const { credential, subscriptionId, clientOptions } = server;
    const compute = new ComputeManagementClient(credential, subscriptionId, clientOptions);
    const set = (pool: string) => ({
      location,
      sku: { name: 'Standard_D2s_v5', capacity: 1 },
      virtualMachineProfile: {
        networkProfile: {
          networkInterfaceConfigurations: [
            {
              name: 'nic',
              ipConfigurations: [
                {
                  name: 'ipconfig1',
                  subnet: { id: subnetId },
                  loadBalancerBackendAddressPools: [{ id: `${group}/loadBalancers/slb/backendAddressPools/${pool}` }],
                },
              ],
            },
          ],
        },
      },
    });
    const frontendIPConfigurations = [{ name: 'f', publicIPAddress: { id: addressId } }];
    const balancer = await put('slb', { location, frontendIPConfigurations, backendAddressPools: [{ name: 'p' }] });
    await assert.rejects(compute.virtualMachineScaleSets.createOrUpdate('rg', 'set', set('none')), {
      code: 'InvalidResourceReference',
    });
    await compute.virtualMachineScaleSets.createOrUpdate('rg', 'set', set('P'));
    const { backendAddressPools } = await network.loadBalancers.get('rg', 'slb');
    assert.equal(backendAddressPools?.[0]?.backendIPConfigurations?.length, 1);
    await assert.rejects(put('slb', { ...balancer, backendAddressPools: [] }), {
      code: 'InUseBackendAddressPoolCannotBeDeleted',
    });
    await compute.virtualMachineScaleSets.delete('rg', 'set');
    await network.loadBalancers.beginDeleteAndWait('rg', 'slb');
  });
});
