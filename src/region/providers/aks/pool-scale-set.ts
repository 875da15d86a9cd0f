import type { JsonObject, StoredResource } from '../../arm/resource.ts';
import { formatResourceId, parseResourceId } from '../../arm/ids.ts';
import { nodePools } from '../network/cluster-load-balancer.ts';
import type { AgentPoolBody } from './agent-pool-body.ts';
import { scaleSetName } from './aks-names.ts';
import type { AgentPool, ManagedCluster } from './cluster-records.ts';

interface PoolPlace {
  readonly clusterId: string;
  readonly location: string;
  readonly subnetId: string;
  /** Of the cluster: its nodes are in its pools. */
  readonly loadBalancerId: string;
  readonly kubeletIdentityId: string;
}

/** Of the pool's scale set, which need not be there yet. */
export function poolScaleSetId({ id, body }: ManagedCluster, pool: string): string {
  return formatResourceId({
    subscriptionId: parseResourceId(id, 'id').subscriptionId,
    resourceGroup: body.properties.nodeResourceGroup,
    namespace: 'Microsoft.Compute',
    segments: [{ type: 'virtualMachineScaleSets', name: scaleSetName(id, pool) }],
  });
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
export function desiredScaleSet(pool: StoredResource<AgentPoolBody>, place: PoolPlace): JsonObject {
  const { clusterId, location, subnetId, loadBalancerId, kubeletIdentityId } = place;
  const { count, vmSize, mode } = pool.body.properties;
  const backendPools = nodePools(loadBalancerId, { isGateway: mode === 'Gateway' });
  const name = scaleSetName(clusterId, pool.name);
  return {
    location,
    tags: desiredTags(pool),
    sku: { name: vmSize, tier: 'Standard', capacity: count },
    identity: { type: 'UserAssigned', userAssignedIdentities: { [kubeletIdentityId]: {} } },
    properties: {
      orchestrationMode: 'Uniform',
      overprovision: false,
      upgradePolicy: { mode: 'Manual' },
      virtualMachineProfile: {
        osProfile: { computerNamePrefix: name, adminUsername: 'azureuser' },
        networkProfile: { networkInterfaceConfigurations: [desiredInterface(name, subnetId, backendPools)] },
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
 * configurations, stays as it is. Tags of others stay, tags that the pool had once go.
 */
export function desiredScaleSetChange(pool: AgentPool, scaleSet: StoredResource): JsonObject {
  const { count, vmSize } = pool.body.properties;
  const kept = Object.entries(scaleSet.body.tags ?? {}).filter(([tag]) => !(pool.state.formerTags ?? []).includes(tag));
  return {
    location: scaleSet.body.location,
    tags: { ...Object.fromEntries(kept), ...desiredTags(pool) },
    sku: { name: vmSize, tier: 'Standard', capacity: count },
  };
}

function desiredInterface(name: string, subnetId: string, backendPools: readonly { readonly id: string }[]): JsonObject {
  const ipConfiguration = {
    primary: true,
    privateIPAddressVersion: 'IPv4',
    subnet: { id: subnetId },
    loadBalancerBackendAddressPools: backendPools.map(({ id }) => ({ id })),
  };
  return {
    name,
    properties: {
      primary: true,
      enableIPForwarding: true,
      ipConfigurations: [{ name: 'ipconfig1', properties: ipConfiguration }],
    },
  };
}
