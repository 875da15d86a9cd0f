import type { ClusterPlatform } from '../../cluster/cluster-platform.ts';
import type { OperationContext, ResourceProvider } from '../arm/resource-provider.ts';
import { ancestorId } from '../arm/ids.ts';
import { type AgentPoolBody, parseAgentPool } from './aks/agent-pool-body.ts';
import { toAgentPoolProperties } from './aks/agent-pool-view.ts';
import { agentPoolType } from './aks/aks-names.ts';
import { operationNotAllowed } from './aks/busy-cluster.ts';
import { type AgentPool, type AgentPoolState, clusterOfPool, type ManagedCluster } from './aks/cluster-records.ts';
import { kubeletIdentityId } from './aks/kubelet-identity.ts';
import { defaultMaxPods } from './aks/network-profile.ts';
import { createNodeBootstrap } from './aks/node-bootstrap.ts';
import { nodeResourceGroupId } from './aks/node-resource-group.ts';
import { nodeImageUpgrade } from './aks/node-image-upgrade.ts';
import { runningInstances } from './aks/pool-instances.ts';
import { formerMarks } from './aks/pool-nodes.ts';
import { desiredScaleSet, desiredScaleSetChange, poolScaleSetId } from './aks/pool-scale-set.ts';
import { refusePoolInUse } from './aks/pool-users.ts';
import { refusedPoolActions } from './aks/refused-actions.ts';
import { validatePool, validatePoolDelete } from './aks/pool-validation.ts';
import { clusterLoadBalancerId } from './network/cluster-load-balancer.ts';
import type { RegionWorld } from './world.ts';

/** The node pools of a managed cluster. Each is a scale set in the node resource group. */
export function agentPools(world: RegionWorld): ResourceProvider<AgentPoolBody, AgentPoolState> {
  const { clusters } = world.platform;
  return {
    type: agentPoolType,
    errorShape: 'flat',
    patch: 'merge',
    parse: ({ id, body, existing, view }) =>
      parseAgentPool(body, existing?.body.properties, defaultMaxPods(clusterOfPool(view, id)?.body.properties.networkProfile)),
    validate: (put) => {
      validatePool(world, put);
    },
    plan: ({ body, existing }) => ({
      state: formerMarks(existing?.state, existing?.body.properties, body.properties),
    }),
    provision: async (context) => ensurePool(clusters, context),
    checkUsers: async (pool, view, signal) => refusePoolInUse(world, { pool, view }, signal),
    validateDelete: validatePoolDelete,
    async deprovision(context) {
      const { id, name } = context.resource;
      const cluster = clusterOfPool(context.view, id);
      if (cluster !== undefined) await context.remove(poolScaleSetId(cluster, name));
    },
    toWire: (pool) => ({ properties: toAgentPoolProperties(pool) }),
    actions: { upgradeNodeImageVersion: nodeImageUpgrade(world), ...refusedPoolActions },
    operationScope: (id) => ancestorId(id),
    refuseWhileBusy: operationNotAllowed,
  };
}

/** Creates the scale set, or brings capacity and tags of the existing one to what the pool says; its end: all nodes are Ready. */
async function ensurePool(clusters: ClusterPlatform, context: OperationContext<AgentPoolBody, AgentPoolState>): Promise<void> {
  const { resource: pool, view, signal } = context;
  const cluster = clusterOfPool(view, pool.id);
  if (cluster === undefined) return;
  const id = poolScaleSetId(cluster, pool.name);
  const existing = view.get(id);
  const knownIds = new Set(runningInstances(view, id).map((instance) => instance.id));
  await context.put(id, existing === undefined ? newScaleSet(cluster, pool) : desiredScaleSetChange(pool, existing));
  // The scale set has waited for its new nodes; the others get labels that changed, and may be booting after a start of the region.
  const known = runningInstances(view, id).filter((instance) => knownIds.has(instance.id));
  await Promise.all(known.map(async (instance) => createNodeBootstrap(clusters, { instance, view }).ready(signal)));
}

function newScaleSet(cluster: ManagedCluster, pool: AgentPool): ReturnType<typeof desiredScaleSet> {
  return desiredScaleSet(pool, {
    clusterId: cluster.id,
    location: cluster.body.location ?? '',
    subnetId: pool.body.properties.vnetSubnetID ?? cluster.state.nodeSubnetId,
    loadBalancerId: clusterLoadBalancerId(nodeResourceGroupId(cluster.id, cluster.body.properties.nodeResourceGroup)),
    kubeletIdentityId: kubeletIdentityId(cluster),
  });
}
