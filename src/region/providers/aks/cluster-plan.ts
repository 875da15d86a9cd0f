import { ArmError } from '../../arm/errors.ts';
import type { ParsedPut, PutPlan } from '../../arm/resource-provider.ts';
import type { ResourceView } from '../../arm/resource.ts';
import type { RegionSettings } from '../../settings.ts';
import { agentPoolId, virtualNetworkName } from './aks-names.ts';
import { listClusters, type ManagedClusterState } from './cluster-records.ts';
import { type AgentPoolProfile, type ManagedClusterBody, parseAgentPoolProfiles } from './managed-cluster-body.ts';
import { nodeResourceGroupId } from './node-resource-group.ts';

/** The network that the service makes for a cluster that brings none. */
export const managedNetwork = { addressPrefix: '10.224.0.0/12', subnet: 'aks-subnet', subnetPrefix: '10.224.0.0/16' } as const;

/** The pools become resources in the same moment; those that the PUT does not name stay as they are. */
export function planCluster(
  put: ParsedPut<ManagedClusterBody, ManagedClusterState>,
  settings: RegionSettings,
): PutPlan<ManagedClusterState> {
  const profiles = parseAgentPoolProfiles(put.request) ?? [];
  const children = profiles.map(({ name, ...properties }) => ({ id: agentPoolId(put.id, name), body: { properties } }));
  const state = put.existing?.state ?? {
    apiPort: freeApiPort(put.view, settings),
    nodeSubnetId: givenSubnetId(profiles) ?? managedSubnetId(put.id, put.body),
  };
  return { state, children };
}

export function managedVirtualNetworkId(clusterId: string, { properties }: ManagedClusterBody): string {
  const group = nodeResourceGroupId(clusterId, properties.nodeResourceGroup);
  return `${group}/providers/Microsoft.Network/virtualNetworks/${virtualNetworkName(clusterId)}`;
}

function managedSubnetId(clusterId: string, body: ManagedClusterBody): string {
  return `${managedVirtualNetworkId(clusterId, body)}/subnets/${managedNetwork.subnet}`;
}

/** The subnet that the first pool with one names; undefined: the service makes one. */
export function givenSubnetId(profiles: readonly AgentPoolProfile[]): string | undefined {
  return profiles.map(({ vnetSubnetID }) => vnetSubnetID).find((id): id is string => typeof id === 'string' && id !== '');
}

function freeApiPort(view: ResourceView, { firstApiPort, maxClusters }: RegionSettings): number {
  const used = new Set(listClusters(view).map(({ state }) => state.apiPort));
  for (let port = firstApiPort; port < firstApiPort + maxClusters; port += 1) if (!used.has(port)) return port;
  throw new ArmError(
    400,
    'QuotaExceeded',
    `This region has room for ${String(maxClusters)} managed clusters, one loopback port for each. Delete one that is not needed.`,
  );
}
