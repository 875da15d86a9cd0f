import type { JsonObject, StoredResource } from '../../arm/resource.ts';
import type { AgentPoolBody } from './agent-pool-body.ts';
import { scaleSetName } from './aks-names.ts';

interface PoolPlace {
  readonly clusterId: string;
  readonly location: string;
  readonly subnetId: string;
}

/** Tags by which static egress gateway finds the scale set of a pool, and the pool's own. */
function desiredTags({ name, body: { properties } }: StoredResource<AgentPoolBody>): Readonly<Record<string, string>> {
  const size = properties.gatewayProfile?.publicIPPrefixSize;
  return {
    ...properties.tags,
    'aks-managed-poolName': name,
    ...(size === undefined ? {} : { 'aks-managed-gatewayIPPrefixSize': String(size) }),
  };
}

/** PUT body of a new pool's scale set (arm-facts 3.7). Its model ties every instance to cluster and pool. */
export function desiredScaleSet(pool: StoredResource<AgentPoolBody>, { clusterId, location, subnetId }: PoolPlace): JsonObject {
  const { count, vmSize } = pool.body.properties;
  const name = scaleSetName(clusterId, pool.name);
  return {
    location,
    tags: desiredTags(pool),
    sku: { name: vmSize, tier: 'Standard', capacity: count },
    properties: {
      orchestrationMode: 'Uniform',
      overprovision: false,
      upgradePolicy: { mode: 'Manual' },
      virtualMachineProfile: {
        osProfile: { computerNamePrefix: name, adminUsername: 'azureuser' },
        networkProfile: { networkInterfaceConfigurations: [desiredInterface(name, subnetId)] },
        extensionProfile: {
          extensions: [
            {
              name: 'vmssCSE',
              properties: {
                publisher: 'Microsoft.Azure.Extensions',
                type: 'CustomScript',
                typeHandlerVersion: '2.0',
                settings: { clusterId, agentPool: pool.name },
              },
            },
          ],
        },
      },
    },
  };
}

/**
 * PUT body for a scale set that exists: it is merged, so the network model, in which static egress gateway keeps its own IP
 * configurations, stays as it is.
 */
export function desiredScaleSetChange(pool: StoredResource<AgentPoolBody>, scaleSet: StoredResource): JsonObject {
  const { count, vmSize } = pool.body.properties;
  return {
    location: scaleSet.body.location,
    tags: { ...scaleSet.body.tags, ...desiredTags(pool) },
    sku: { name: vmSize, tier: 'Standard', capacity: count },
  };
}

function desiredInterface(name: string, subnetId: string): JsonObject {
  const ipConfiguration = { primary: true, privateIPAddressVersion: 'IPv4', subnet: { id: subnetId } };
  return {
    name,
    properties: {
      primary: true,
      enableIPForwarding: true,
      ipConfigurations: [{ name: 'ipconfig1', properties: ipConfiguration }],
    },
  };
}
