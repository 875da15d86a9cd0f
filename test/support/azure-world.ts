import assert from 'node:assert/strict';
import type { GatewayPoolReference } from '../../src/api/gateway-pool.ts';
import type { AzureSettings } from '../../src/cloud/azure/azure-settings.ts';
import { createAzureProvider } from '../../src/cloud/azure/azure-provider.ts';
import { createAzureClients, type AzureClients } from '../../src/cloud/azure/clients.ts';
import type { CloudWorld } from '../../src/cloud/cloud-provider.contract.ts';
import { startRegionServer, type RegionServer } from './region-server.ts';

const location = 'westeurope';
const resourceGroup = 'nodes';

export interface AzureWorld extends CloudWorld {
  readonly server: RegionServer;
  readonly settings: AzureSettings;
}

/** The Azure provider, and a region over HTTPS whose machines exist in memory only. */
export async function openAzureWorld(): Promise<AzureWorld> {
  const server = await startRegionServer();
  const { subscriptionId, endpoint, clientOptions } = server;
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  const subnet = { id: `${group}/providers/Microsoft.Network/virtualNetworks/net/subnets/nodes` };
  const settings: AzureSettings = {
    subscriptionId,
    resourceGroup,
    endpoint,
    audience: 'https://management.azure.com',
    authoritiesPem: clientOptions.tlsOptions.ca,
  };
  const clients = createAzureClients(settings, server.credential);
  let writes = { models: 0, instances: 0 };
  clients.compute.pipeline.addPolicy(
    countPuts((isInstance) => {
      writes = { models: writes.models + (isInstance ? 0 : 1), instances: writes.instances + (isInstance ? 1 : 0) };
    }),
  );

  /** Sends a PUT past the provider, and waits until the resource has settled. */
  async function put(path: string, body: object): Promise<void> {
    const { status, body: answer } = await server.call('PUT', path, body);
    assert.ok(status < 300, JSON.stringify(answer));
    await settled(path);
  }

  async function settled(path: string): Promise<void> {
    for (;;) {
      const { status, body } = await server.call('GET', path);
      if (status === 404 || /"provisioningState":"(?:Succeeded|Failed)"/.test(JSON.stringify(body))) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  const scaleSet = (name: string): string => `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/${name}`;
  const interfaces = (name: string): object => ({
    networkInterfaceConfigurations: [
      { name, properties: { primary: true, ipConfigurations: [{ name: 'ipconfig1', properties: { primary: true, subnet } }] } },
    ],
  });

  await put(group, { location });
  await put(`${group}/providers/Microsoft.Network/virtualNetworks/net`, {
    location,
    properties: {
      addressSpace: { addressPrefixes: ['10.224.0.0/12'] },
      subnets: [{ name: 'nodes', properties: { addressPrefix: '10.224.0.0/16' } }],
    },
  });

  return {
    server,
    settings,
    provider: createAzureProvider(clients, settings),
    location,
    async addPool(name, capacity): Promise<GatewayPoolReference> {
      await put(scaleSet(name), {
        location,
        sku: { name: 'Standard_D2s_v5', capacity },
        tags: { 'aks-managed-poolName': name, 'aks-managed-gatewayIPPrefixSize': '30' },
        properties: { virtualMachineProfile: { networkProfile: interfaces(name) } },
      });
      return { by: 'nodepoolName', nodepoolName: name };
    },
    scalePool: (name, capacity) => put(scaleSet(name), { location, sku: { capacity } }),
    async deletePool(name) {
      await server.call('DELETE', scaleSet(name));
      await settled(scaleSet(name));
    },
    async addPrefix(name, prefixLength, tags = {}) {
      const id = `${group}/providers/Microsoft.Network/publicIPPrefixes/${name}`;
      await put(id, { location, tags, sku: { name: 'Standard' }, properties: { prefixLength, publicIPAddressVersion: 'IPv4' } });
      return id;
    },
    async takeAddress(prefixId) {
      const name = prefixId.split('/').at(-1) ?? '';
      await put(`${group}/providers/Microsoft.Network/publicIPAddresses/taken-from-${name}`, {
        location,
        sku: { name: 'Standard' },
        properties: { publicIPAllocationMethod: 'Static', publicIPPrefix: { id: prefixId } },
      });
    },
    async removeBehind(poolName) {
      await put(`${scaleSet(poolName)}/virtualMachines/0`, {
        location,
        properties: { networkProfileConfiguration: interfaces(poolName) },
      });
    },
    countWrites() {
      const counted = writes;
      writes = { models: 0, instances: 0 };
      return counted;
    },
    close: () => server.close(),
  };
}

type PipelinePolicy = Parameters<AzureClients['compute']['pipeline']['addPolicy']>[0];

function countPuts(count: (isInstance: boolean) => void): PipelinePolicy {
  return {
    name: 'countPuts',
    sendRequest: (request, next) => {
      if (request.method === 'PUT') count(request.url.includes('/virtualMachines/'));
      return next(request);
    },
  };
}
