import assert from 'node:assert/strict';
import type { JsonObject } from '../../../src/region/arm/resource.ts';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'local';
export const resourceGroup = '/resourceGroups/rg';
export const provider = `${resourceGroup}/providers/Microsoft.ContainerService/managedClusters`;
const network = `${resourceGroup}/providers/Microsoft.Network/virtualNetworks/shared`;

export interface Refusal {
  readonly what: string;
  /** Default: PUT. */
  readonly method?: 'PUT' | 'PATCH' | 'DELETE' | 'POST';
  /** Below the subscription. */
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: 400. */
  readonly status?: number;
  readonly code: string;
  readonly target?: string;
  readonly message: string | RegExp;
}

export const gateway = { mode: 'Gateway', type: 'VirtualMachineScaleSets', osType: 'Linux', count: 2, vmSize: 'Standard_D2s_v5' };
export const systemPool = { name: 'nodepool1', mode: 'System', count: 1 };

export function newPool(
  properties: object,
  what: Omit<Refusal, 'path' | 'body'> & { readonly cluster?: string; readonly pool?: string },
): Refusal {
  const { cluster = 'on', pool = 'new', ...refusal } = what;
  return { ...refusal, path: `${provider}/${cluster}/agentPools/${pool}`, body: { properties } };
}

export function newCluster(properties: object, what: Omit<Refusal, 'path' | 'body'> & { readonly name?: string }): Refusal {
  const { name = 'new', ...refusal } = what;
  const body = { location, properties: { agentPoolProfiles: [systemPool], ...properties } };
  return { ...refusal, path: `${provider}/${name}`, body };
}

/** A region with clusters of every kind that refusals are about. */
export interface RefusalWorld {
  readonly server: RegionServer;
  /** Writes and waits for the end. `NETWORK` in bodies is the id of the shared network. */
  put(path: string, body: object): Promise<void>;
  cluster(name: string, properties: object): Promise<void>;
  /** Returns the body of the error, after which nothing has changed. */
  assertRefused(refusal: Refusal): Promise<JsonObject>;
}

export const withFeature = { staticEgressGatewayProfile: { enabled: true } };

/**
 * Clusters `on` (static egress gateway, with pools `nodepool1`, `user` and `gw`), `off`, `neighbour` (in a network of the user's) and `pods`
 * (in the same network, with Azure CNI Pod Subnet).
 */
export async function openRefusalWorld(): Promise<RefusalWorld> {
  const server = await startRegionServer();
  const subscription = `/subscriptions/${server.subscriptionId}`;
  const named = (body: object): unknown => JSON.parse(JSON.stringify(body).replaceAll('NETWORK', subscription + network));

  async function put(path: string, body: object): Promise<void> {
    const { status, body: answer } = await server.call('PUT', subscription + path, named(body));
    assert.ok(status < 300, JSON.stringify(answer));
    for (;;) {
      const { body: now } = await server.call('GET', subscription + path);
      const state = /"provisioningState":"(?<state>\w+)"/.exec(JSON.stringify(now))?.groups?.['state'];
      if (state === 'Succeeded') return;
      assert.notEqual(state, 'Failed', `${path} failed`);
      await new Promise(setImmediate);
    }
  }

  async function cluster(name: string, properties: object): Promise<void> {
    await put(`${provider}/${name}`, { location, properties });
  }

  /** Everything that the region knows and has. */
  function everything(): object {
    const { region, platform } = server;
    return structuredClone({
      resources: region.manager.store.all(),
      machines: platform.machineNames(),
      network: platform.networkState(),
      events: platform.events(),
    });
  }

  await put(resourceGroup, { location });
  const subnets = [
    { name: 'nodes', properties: { addressPrefix: '10.1.0.0/24' } },
    { name: 'pods', properties: { addressPrefix: '10.1.4.0/22' } },
  ];
  await put(network, { location, properties: { addressSpace: { addressPrefixes: ['10.1.0.0/16'] }, subnets } });
  const ownSubnet = { ...systemPool, vnetSubnetID: 'NETWORK/subnets/nodes' };
  await cluster('on', { networkProfile: withFeature, agentPoolProfiles: [systemPool, { name: 'user', mode: 'User', count: 0 }] });
  await put(`${provider}/on/agentPools/gw`, { properties: { ...gateway, gatewayProfile: { publicIPPrefixSize: 30 } } });
  await cluster('off', { agentPoolProfiles: [systemPool] });
  await cluster('neighbour', { agentPoolProfiles: [ownSubnet] });
  await cluster('pods', {
    networkProfile: { networkPlugin: 'azure' },
    agentPoolProfiles: [{ ...ownSubnet, podSubnetID: 'NETWORK/subnets/pods' }],
  });
  return {
    server,
    put,
    cluster,
    async assertRefused({ method = 'PUT', path, body, headers = {}, status = 400, ...error }) {
      const before = everything();
      const answer = await server.call(method, subscription + path, body && named(body), headers);
      const { code, message, target, subcode } = answer.body;
      assert.deepEqual([answer.status, code, target], [status, error.code, error.target], JSON.stringify(answer.body));
      if (typeof error.message === 'string') assert.equal(message, error.message);
      else assert.match(typeof message === 'string' ? message : '', error.message);
      assert.equal(subcode, '', 'errors of the service are flat');
      assert.deepEqual(everything(), before, 'nothing has changed');
      return answer.body;
    },
  };
}
