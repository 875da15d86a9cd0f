import { serviceAccountIssuer } from '../../cluster/service-account-keys.ts';
import { agentPools } from './agent-pools.ts';
import { listClusters } from './aks/cluster-records.ts';
import { toClusterSpec } from './aks/cluster-specs.ts';
import { createNodeBootstrap } from './aks/node-bootstrap.ts';
import { clusterUpgradeProfiles, poolUpgradeProfiles } from './aks/upgrade-profiles.ts';
import { managedClusters } from './managed-clusters.ts';
import type { KubernetesService, RegionWorld } from './world.ts';

/** Azure Kubernetes Service as the rest of the region sees it. */
export function createKubernetesService(world: RegionWorld): KubernetesService {
  const { clusters } = world.platform;
  return {
    providers: [managedClusters(world), agentPools(world)],
    derivedTypes: [clusterUpgradeProfiles, poolUpgradeProfiles],
    bootstrap: (instance, view) => createNodeBootstrap(clusters, { instance, view }),
    async serviceAccountKeys(issuer, view) {
      const specs = listClusters(view)
        .flatMap((cluster) => toClusterSpec(cluster) ?? [])
        .filter((spec) => serviceAccountIssuer(spec) === issuer);
      return (await Promise.all(specs.map(async (spec) => clusters.serviceAccountKeys(spec)))).flat();
    },
  };
}
