import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ManagedServiceIdentityClient } from '@azure/arm-msi';
import { ComputeManagementClient } from '@azure/arm-compute';
import { ContainerServiceClient } from '@azure/arm-containerservice';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { ManagedIdentityCredential } from '@azure/identity';
import { decodeJwt } from 'jose';
import { type ListeningServer, listenHttp } from '../../../src/region/listening-server.ts';
import { createMemoryPlatform } from '../../support/memory-platform.ts';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'westus';
const audience = 'https://management.azure.com';

describe('the metadata service of a region', () => {
  const platform = createMemoryPlatform();
  /** The machine whose requests the server takes these for. */
  let machine: string;
  let server: RegionServer;
  let endpoint: ListeningServer;
  let compute: ComputeManagementClient;
  let containers: ContainerServiceClient;
  let identityId: string;

  before(async () => {
    server = await startRegionServer({ platform });
    endpoint = await listenHttp(
      { fetch: async (request) => server.region.metadata.fetch(request, placeOf(machine)) },
      { address: '127.0.0.1', port: 0 },
    );
    process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] = `http://127.0.0.1:${String(endpoint.port)}`;
    const { credential, subscriptionId, clientOptions } = server;
    compute = new ComputeManagementClient(credential, subscriptionId, clientOptions);
    containers = new ContainerServiceClient(credential, subscriptionId, clientOptions);
    const network = new NetworkManagementClient(credential, subscriptionId, clientOptions);
    const resources = new ResourceManagementClient(credential, subscriptionId, clientOptions);
    const identities = new ManagedServiceIdentityClient(credential, subscriptionId, clientOptions);
    await resources.resourceGroups.createOrUpdate('rg', { location });
    await network.virtualNetworks.beginCreateOrUpdateAndWait('rg', 'net', {
      location,
      addressSpace: { addressPrefixes: ['10.224.0.0/16'] },
      subnets: [{ name: 'nodes', addressPrefix: '10.224.0.0/24' }],
    });
    identityId = (await identities.userAssignedIdentities.createOrUpdate('rg', 'reader', { location })).id ?? '';
    const subnet = {
      id: `/subscriptions/${subscriptionId}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/net/subnets/nodes`,
    };
    await compute.virtualMachineScaleSets.createOrUpdate('rg', 'vm', {
      location,
      sku: { name: 'Standard_D2s_v5', capacity: 1 },
      identity: { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: { [identityId]: {} } },
      virtualMachineProfile: {
        networkProfile: {
          networkInterfaceConfigurations: [{ name: 'nic', ipConfigurations: [{ name: 'ipconfig1', subnet }] }],
        },
      },
    });
    machine = 'vm000000';
  });
  after(async () => {
    delete process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'];
    await endpoint.stop();
    await server.close();
  });

  function placeOf(name: string): { networkKey: string; address: string } {
    for (const { key, ports } of platform.networkState().virtualNetworks) {
      const port = ports.find((one) => one.machine === name);
      if (port !== undefined) return { networkKey: key, address: port.addresses[0] ?? '' };
    }
    throw new Error(`no machine ${name}`);
  }

  async function metadata(path: string): Promise<unknown> {
    const url = `http://127.0.0.1:${String(endpoint.port)}/metadata/${path}`;
    const response = await fetch(url, { headers: { Metadata: 'true' } });
    assert.equal(response.status, 200, await response.clone().text());
    return response.json();
  }

  test('gives tokens to Azure’s own client: of the machine’s identity, and of one that was assigned', async () => {
    const { identity } = await compute.virtualMachineScaleSets.get('rg', 'vm');
    const own = await new ManagedIdentityCredential().getToken(`${audience}/.default`);
    assert.equal(decodeJwt(own.token)['oid'], identity?.principalId);
    assert.equal((await server.region.tokens.verify(own.token, [audience])).objectId, identity?.principalId);
    const assigned = identity?.userAssignedIdentities?.[identityId];
    const byClientId = await new ManagedIdentityCredential({ clientId: assigned?.clientId ?? '' }).getToken(
      `${audience}/.default`,
    );
    assert.equal(decodeJwt(byClientId.token)['oid'], assigned?.principalId);
    const byResource = await new ManagedIdentityCredential({ resourceId: identityId }).getToken(`${audience}/.default`);
    assert.equal(decodeJwt(byResource.token)['oid'], assigned?.principalId);
  });

  test('an identity that is taken away gets no tokens any more', async () => {
    await compute.virtualMachineScaleSets.update('rg', 'vm', { identity: { type: 'SystemAssigned' } });
    await assert.rejects(
      new ManagedIdentityCredential({ resourceId: identityId }).getToken('https://vault.azure.net/.default'),
      /Identity not found/,
    );
  });

  test('announced maintenance is seen by the machine, also after a restart of the region', async () => {
    const instanceId = `/subscriptions/${server.subscriptionId}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/vm/virtualMachines/0`;
    server.region.scheduledEvents.announce({ instanceId, type: 'Redeploy' });
    await server.restart();
    assert.partialDeepStrictEqual(await metadata('scheduledevents?api-version=2020-07-01'), {
      DocumentIncarnation: 2,
      Events: [{ EventType: 'Redeploy', EventStatus: 'Scheduled', Resources: ['vm_0'] }],
    });
  });

  test('the nodes of a cluster have its kubelet identity, and know their pool and how they leave', async () => {
    const cluster = await containers.managedClusters.createOrUpdate('rg', 'c1', {
      location,
      identity: { type: 'SystemAssigned' },
      dnsPrefix: 'c1',
      agentPoolProfiles: [{ name: 'nodepool1', mode: 'System', count: 1, vmSize: 'Standard_D2s_v5' }],
    });
    const kubelet = cluster.identityProfile?.['kubeletidentity'];
    assert.match(kubelet?.resourceId ?? '', /userAssignedIdentities\/c1-agentpool$/);
    machine = platform.machineNames().find((name) => name.startsWith('aks-nodepool1-')) ?? '';
    const token = await new ManagedIdentityCredential({ clientId: kubelet?.clientId ?? '' }).getToken(`${audience}/.default`);
    assert.equal(decodeJwt(token.token)['oid'], kubelet?.objectId);
    assert.partialDeepStrictEqual(await metadata('instance/compute?api-version=2021-10-01'), {
      osProfile: { computerName: machine },
      resourceGroupName: cluster.nodeResourceGroup,
      tagsList: [{ name: 'aks-managed-poolName', value: 'nodepool1' }],
    });
    const privateIpAddress = placeOf(machine).address;
    assert.partialDeepStrictEqual(await metadata('loadbalancer?api-version=2020-10-01'), {
      loadbalancer: { outboundRules: [{ privateIpAddress }] },
    });
  });
});
