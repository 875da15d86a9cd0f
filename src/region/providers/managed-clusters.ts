import { parseCidr } from '../../base/addresses.ts';
import type { ParsedPut, ResourceProvider } from '../arm/resource-provider.ts';
import { managedClusterType } from './aks/aks-names.ts';
import { operationNotAllowed } from './aks/busy-cluster.ts';
import { credentialAction } from './aks/cluster-credentials.ts';
import { deprovisionCluster, provisionCluster, restoreCluster } from './aks/cluster-lifecycle.ts';
import { givenSubnetId, managedNetwork, planCluster } from './aks/cluster-plan.ts';
import { listPools, type ManagedClusterState } from './aks/cluster-records.ts';
import { type ManagedClusterBody, parseAgentPoolProfiles, parseManagedCluster } from './aks/managed-cluster-body.ts';
import { managedClusterProblems } from './aks/managed-cluster-rules.ts';
import { toManagedCluster } from './aks/managed-cluster-view.ts';
import { refuseForeignGroup } from './aks/node-resource-group.ts';
import { refuseIfAny } from './aks/refusal.ts';
import { subnetPrefix } from './private-addresses.ts';
import type { RegionWorld } from './world.ts';

/** Managed Kubernetes clusters: a control plane on a machine in the node subnet, and agent pools. */
export function managedClusters(world: RegionWorld): ResourceProvider<ManagedClusterBody, ManagedClusterState> {
  return {
    type: managedClusterType,
    errorShape: 'flat',
    parse: ({ id, name, body, existing }) => parseManagedCluster(body, { id, name }, existing?.body),
    validate: validateCluster,
    plan: (put) => planCluster(put, world.settings),
    provision: async (context) => provisionCluster(world, context),
    deprovision: async (context) => deprovisionCluster(world, context),
    restore: async (context) => restoreCluster(world, context),
    toWire: (cluster, view) => toManagedCluster(cluster, listPools(view, cluster.id), world.tenantId),
    actions: {
      listClusterUserCredential: credentialAction(world.platform.clusters, 'user'),
      listClusterAdminCredential: credentialAction(world.platform.clusters, 'admin'),
    },
    refuseWhileBusy: operationNotAllowed,
  };
}

function validateCluster({ id, name, body, request, existing, view }: ParsedPut<ManagedClusterBody, ManagedClusterState>): void {
  const profiles = parseAgentPoolProfiles(request) ?? [];
  const subnetId = givenSubnetId(profiles);
  const nodeSubnet =
    subnetId === undefined || existing !== undefined
      ? parseCidr(managedNetwork.subnetPrefix, 'node subnet')
      : subnetPrefix(view, subnetId);
  refuseIfAny(managedClusterProblems({ name, body, before: existing?.body, profiles, nodeSubnet, pools: listPools(view, id) }));
  refuseForeignGroup(view, { id, body });
}
