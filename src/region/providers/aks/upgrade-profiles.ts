import type { DerivedType } from '../../arm/resource-provider.ts';
import { ancestorId, nameOf, parseResourceId } from '../../arm/ids.ts';
import type { JsonObject, ResourceView } from '../../arm/resource.ts';
import { agentPoolType, managedClusterType } from './aks-names.ts';
import { findCluster, findPool, listPools } from './cluster-records.ts';
import { nodeImageVersion, patchVersion } from './kubernetes-version.ts';

/** `managedClusters/NAME/upgradeProfiles/default`: to which versions control plane and pools can go. There is one version: to none. */
export const clusterUpgradeProfiles = upgradeProfiles(managedClusterType, (id, view) => {
  const cluster = findCluster(view, id);
  if (cluster === undefined) return undefined;
  const profile = { kubernetesVersion: patchVersion, osType: 'Linux', upgrades: [] };
  return {
    controlPlaneProfile: { ...profile, name: cluster.name },
    agentPoolProfiles: listPools(view, cluster.id).map(({ name }) => ({ ...profile, name })),
  };
});

/** `agentPools/NAME/upgradeProfiles/default`: the same of a pool, and the newest node image. */
export const poolUpgradeProfiles = upgradeProfiles(agentPoolType, (id, view) => {
  const pool = findPool(view, id);
  if (pool === undefined) return undefined;
  return { kubernetesVersion: patchVersion, osType: 'Linux', upgrades: [], latestNodeImageVersion: nodeImageVersion };
});

function upgradeProfiles(
  parentType: string,
  propertiesOf: (parentId: string, view: ResourceView) => JsonObject | undefined,
): DerivedType {
  const type = `${parentType}/upgradeProfiles`;
  const toWire = (parentId: string, view: ResourceView): JsonObject | undefined => {
    const properties = propertiesOf(parentId, view);
    return properties && { id: `${parentId}/upgradeProfiles/default`, name: 'default', type, properties };
  };
  return {
    type,
    get: (id, view) => (nameOf(parseResourceId(id, 'id')).toLowerCase() === 'default' ? toWire(ancestorId(id), view) : undefined),
    list: (parentId, view) => [toWire(parentId, view)].filter((profile) => profile !== undefined),
  };
}

/** GET `managedClusters/NAME/availableAgentPoolVersions`: what a new pool can have. */
export function availableAgentPoolVersions(clusterId: string): JsonObject {
  return {
    id: `${clusterId}/availableAgentPoolVersions`,
    name: 'default',
    type: `${managedClusterType}/availableAgentPoolVersions`,
    properties: { agentPoolVersions: [{ default: true, kubernetesVersion: patchVersion, isPreview: null }] },
  };
}
