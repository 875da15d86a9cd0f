import type { ParsedPut, ResourceProvider } from '../arm/resource-provider.ts';
import { managedClusterType } from './aks/aks-names.ts';
import { operationNotAllowed } from './aks/busy-cluster.ts';
import { credentialAction } from './aks/cluster-credentials.ts';
import { deprovisionCluster, provisionCluster, restoreCluster } from './aks/cluster-lifecycle.ts';
import { givenSubnetId, planCluster } from './aks/cluster-plan.ts';
import { listPools, type ManagedClusterState } from './aks/cluster-records.ts';
import { type ManagedClusterBody, parseAgentPoolProfiles, parseManagedCluster, parseTags } from './aks/managed-cluster-body.ts';
import { isEnabled, managedClusterProblems } from './aks/managed-cluster-rules.ts';
import { toManagedCluster } from './aks/managed-cluster-view.ts';
import { refuseForeignGroup } from './aks/node-resource-group.ts';
import { previewProblems } from './aks/preview-feature.ts';
import { refuseIfAny } from './aks/refusal.ts';
import { refusedClusterActions } from './aks/refused-actions.ts';
import { surroundingsOf } from './aks/cluster-surroundings.ts';
import { unsupportedClusterOptions } from './aks/unsupported-options.ts';
import { availableAgentPoolVersions } from './aks/upgrade-profiles.ts';
import type { FeatureFlags } from '../subscription/feature-flags.ts';
import { checkIdentity } from './resource-identity.ts';
import type { RegionWorld } from './world.ts';

/** Managed Kubernetes clusters: a control plane on a machine in the node subnet, and agent pools. */
export function managedClusters(world: RegionWorld): ResourceProvider<ManagedClusterBody, ManagedClusterState> {
  return {
    type: managedClusterType,
    errorShape: 'flat',
    patch: 'merge',
    parse: ({ id, name, body, existing, isPatch }) =>
      isPatch && existing !== undefined
        ? { ...existing.body, tags: parseTags(body) }
        : parseManagedCluster(body, { id, name }, existing?.body),
    validate: (put) => validateCluster(world.features, put),
    plan: (put) => planCluster(put, world.settings),
    provision: async (context) => provisionCluster(world, context),
    deprovision: async (context) => deprovisionCluster(world, context),
    restore: async (context) => restoreCluster(world, context),
    toWire: (cluster, view) => toManagedCluster(cluster, listPools(view, cluster.id), world.tenantId),
    reads: { availableAgentPoolVersions: { toWire: ({ id }) => availableAgentPoolVersions(id) } },
    actions: {
      listClusterUserCredential: credentialAction(world.platform.clusters, 'user'),
      listClusterAdminCredential: credentialAction(world.platform.clusters, 'admin'),
      ...refusedClusterActions,
    },
    refuseWhileBusy: operationNotAllowed,
  };
}

function validateCluster(
  features: FeatureFlags,
  { id, name, body, request, existing, view }: ParsedPut<ManagedClusterBody, ManagedClusterState>,
): void {
  const profiles = parseAgentPoolProfiles(request) ?? [];
  const isEnabling = isEnabled(body) && !(existing !== undefined && isEnabled(existing.body));
  if (isEnabling) refuseIfAny(previewProblems(features, 'properties.networkProfile.staticEgressGatewayProfile.enabled'));
  const surroundings = existing === undefined ? surroundingsOf(view, id, givenSubnetId(profiles)) : undefined;
  refuseIfAny([
    ...managedClusterProblems({ name, body, before: existing?.body, profiles, surroundings, pools: listPools(view, id) }),
    ...unsupportedClusterOptions(request),
  ]);
  checkIdentity(view, body.identity, id);
  refuseForeignGroup(view, { id, body });
}
