import { createHash } from 'node:crypto';
import { idKey } from '../../arm/ids.ts';

export const managedClusterType = 'Microsoft.ContainerService/managedClusters';
export const agentPoolType = `${managedClusterType}/agentPools`;

/** Azure's limit for the name of a node resource group. */
const maxGroupNameLength = 80;

/** Eight decimal digits that belong to the cluster: AKS ends the names of what it makes for one with them. */
export function clusterDigits(clusterId: string): string {
  const hash = createHash('sha256').update(idKey(clusterId)).digest();
  return String(hash.readUInt32BE(0) % 100_000_000).padStart(8, '0');
}

/** Names the cluster's folder and, with `-cp`, the machine of its control plane: `[a-z0-9-]{1,30}`. */
export function clusterKey(clusterId: string, name: string): string {
  const slug = name.toLowerCase().replaceAll('_', '-').slice(0, 21);
  return `${slug}-${clusterDigits(clusterId)}`;
}

/** `MC_group_cluster_location` */
export function defaultNodeResourceGroup(resourceGroup: string, name: string, location: string): string {
  return `MC_${resourceGroup}_${name}_${location}`.slice(0, maxGroupNameLength).replace(/\.+$/, '');
}

/** `aks-pool-12345678-vmss`; its instances, machines and nodes are called `aks-pool-12345678-vmss000000` and so on. */
export function scaleSetName(clusterId: string, pool: string): string {
  return `aks-${pool.toLowerCase()}-${clusterDigits(clusterId)}-vmss`;
}

export function virtualNetworkName(clusterId: string): string {
  return `aks-vnet-${clusterDigits(clusterId)}`;
}

export function outboundAddressName(clusterId: string): string {
  return `aks-outbound-${clusterDigits(clusterId)}`;
}

export function agentPoolId(clusterId: string, pool: string): string {
  return `${clusterId}/agentPools/${pool}`;
}
