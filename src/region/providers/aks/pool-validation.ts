import type { ParsedPut } from '../../arm/resource-provider.ts';
import { ancestorId, sameId } from '../../arm/ids.ts';
import type { ResourceView } from '../../arm/resource.ts';
import type { RegionWorld } from '../world.ts';
import type { AgentPoolBody } from './agent-pool-body.ts';
import { agentPoolProblems, lastSystemPoolProblem } from './agent-pool-rules.ts';
import { type AgentPool, type AgentPoolState, clusterOfPool, listPools } from './cluster-records.ts';
import { isEnabled } from './managed-cluster-rules.ts';
import { capacityProblem } from './pod-capacity.ts';
import { placementProblems } from './pool-placement.ts';
import { previewProblems } from './preview-feature.ts';
import { refuseIfAny } from './refusal.ts';
import { unsupportedPoolOptions } from './unsupported-options.ts';

/** Throws 400 with everything that is wrong with the pool. */
export function validatePool({ features }: Pick<RegionWorld, 'features'>, put: ParsedPut<AgentPoolBody, AgentPoolState>): void {
  const { id, name, body, request, existing, view } = put;
  const { properties } = body;
  if (properties.mode === 'Gateway' && existing === undefined) refuseIfAny(previewProblems(features, 'properties.mode'));
  const cluster = clusterOfPool(view, id);
  const others = listPools(view, ancestorId(id)).filter((pool) => !sameId(pool.id, id));
  refuseIfAny([
    ...agentPoolProblems({
      pool: name,
      properties,
      before: existing?.body.properties,
      isFeatureEnabled: cluster !== undefined && isEnabled(cluster.body),
      hasOtherSystemPool: hasSystemPool(others),
      otherPools: others.length,
    }),
    ...unsupportedPoolOptions(request),
    ...(cluster === undefined ? [] : placementProblems(view, { id, properties, cluster })),
  ]);
  refuseIfAny([cluster && capacityProblem(view, { id, properties, cluster })].filter((problem) => problem !== undefined));
}

/** Throws 400 when the cluster would be left without a system pool. */
export function validatePoolDelete(pool: AgentPool, view: ResourceView): void {
  const cluster = clusterOfPool(view, pool.id);
  if (cluster === undefined || cluster.provisioningState === 'Deleting' || pool.body.properties.mode !== 'System') return;
  const others = listPools(view, cluster.id).filter(({ id }) => !sameId(id, pool.id));
  if (!hasSystemPool(others)) refuseIfAny([lastSystemPoolProblem('properties.mode')]);
}

function hasSystemPool(pools: readonly AgentPool[]): boolean {
  return pools.some(({ body, provisioningState }) => body.properties.mode === 'System' && provisioningState !== 'Deleting');
}
