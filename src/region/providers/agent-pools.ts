import type { ClusterPlatform } from '../../cluster/cluster-platform.ts';
import type { OperationContext, ParsedPut, ResourceProvider } from '../arm/resource-provider.ts';
import { ancestorId, formatResourceId, parseResourceId } from '../arm/ids.ts';
import type { ResourceView } from '../arm/resource.ts';
import { type AgentPoolBody, parseAgentPool } from './aks/agent-pool-body.ts';
import { agentPoolProblems, lastSystemPoolProblem } from './aks/agent-pool-rules.ts';
import { toAgentPoolProperties } from './aks/agent-pool-view.ts';
import { agentPoolType, scaleSetName } from './aks/aks-names.ts';
import { operationNotAllowed } from './aks/busy-cluster.ts';
import { type AgentPool, clusterOfPool, listPools, type ManagedCluster } from './aks/cluster-records.ts';
import { isEnabled } from './aks/managed-cluster-rules.ts';
import { createNodeBootstrap } from './aks/node-bootstrap.ts';
import { runningInstances } from './aks/pool-instances.ts';
import { desiredScaleSet, desiredScaleSetChange } from './aks/pool-scale-set.ts';
import { refuseIfAny } from './aks/refusal.ts';
import { requireReference } from './references.ts';
import { isSubnet } from './virtual-network-model.ts';

/** The node pools of a managed cluster. Each is a scale set in the node resource group. */
export function agentPools(clusters: ClusterPlatform): ResourceProvider<AgentPoolBody> {
  return {
    type: agentPoolType,
    errorShape: 'flat',
    parse: ({ body, existing }) => parseAgentPool(body, existing?.body.properties),
    validate: validatePool,
    provision: async (context) => ensurePool(clusters, context),
    validateDelete(pool, view) {
      const cluster = clusterOfPool(view, pool.id);
      if (cluster === undefined || cluster.provisioningState === 'Deleting') return;
      if (pool.body.properties.mode === 'System' && !hasOtherSystemPool(view, pool.id))
        refuseIfAny([lastSystemPoolProblem('properties.mode')]);
    },
    async deprovision(context) {
      const { id, name } = context.resource;
      const cluster = clusterOfPool(context.view, id);
      if (cluster !== undefined) await context.remove(scaleSetId(cluster, name));
    },
    toWire: (pool) => ({ properties: toAgentPoolProperties(pool) }),
    operationScope: (id) => ancestorId(id),
    refuseWhileBusy: operationNotAllowed,
  };
}

function validatePool({ id, name, body, existing, view }: ParsedPut<AgentPoolBody>): void {
  const cluster = clusterOfPool(view, id);
  refuseIfAny(
    agentPoolProblems({
      pool: name,
      properties: body.properties,
      before: existing?.body.properties,
      isFeatureEnabled: cluster !== undefined && isEnabled(cluster.body),
      hasOtherSystemPool: hasOtherSystemPool(view, id),
    }),
  );
  const subnetId = body.properties.vnetSubnetID;
  if (subnetId !== undefined) requireReference(view, { id: subnetId, is: isSubnet, from: id, target: 'properties.vnetSubnetID' });
}

/** Creates the scale set, or brings capacity and tags of the existing one to what the pool says; its end: all nodes are Ready. */
async function ensurePool(clusters: ClusterPlatform, context: OperationContext<AgentPoolBody>): Promise<void> {
  const { resource: pool, view, signal } = context;
  const cluster = clusterOfPool(view, pool.id);
  if (cluster === undefined) return;
  const id = scaleSetId(cluster, pool.name);
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
  });
}

function scaleSetId({ id, body }: ManagedCluster, pool: string): string {
  return formatResourceId({
    subscriptionId: parseResourceId(id, 'id').subscriptionId,
    resourceGroup: body.properties.nodeResourceGroup,
    namespace: 'Microsoft.Compute',
    segments: [{ type: 'virtualMachineScaleSets', name: scaleSetName(id, pool) }],
  });
}

function hasOtherSystemPool(view: ResourceView, poolId: string): boolean {
  return listPools(view, ancestorId(poolId)).some(
    ({ id, body, provisioningState }) => id !== poolId && body.properties.mode === 'System' && provisioningState !== 'Deleting',
  );
}
