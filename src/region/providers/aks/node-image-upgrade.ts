import type { ResourceAction } from '../../arm/resource-provider.ts';
import type { ResourceView } from '../../arm/resource.ts';
import { instancesOf, type StoredInstance } from '../scale-set-model.ts';
import type { RegionWorld } from '../world.ts';
import type { AgentPoolBody } from './agent-pool-body.ts';
import { type AgentPoolState, clusterOfPool } from './cluster-records.ts';
import { toClusterSpec } from './cluster-specs.ts';
import { poolScaleSetId } from './pool-scale-set.ts';

/**
 * POST upgradeNodeImageVersion: every node of the pool gets a new disk, one after another and without a node more meanwhile. A gateway
 * node is followed by the next one only when it serves again, so the pool keeps its egress addresses in use. After a restart of the
 * region, nodes that are done are not done again: `act` finds them done.
 */
export function nodeImageUpgrade({ platform }: Pick<RegionWorld, 'platform'>): ResourceAction<AgentPoolBody, AgentPoolState> {
  return {
    kind: 'operation',
    async run(context) {
      const { resource: pool, view, signal } = context;
      const cluster = clusterOfPool(view, pool.id);
      const spec = cluster && toClusterSpec(cluster);
      if (cluster === undefined || spec === undefined) return;
      for (const { id, state } of runningInstances(view, poolScaleSetId(cluster, pool.name))) {
        await context.act(id, 'reimage');
        if (pool.body.properties.mode === 'Gateway') await platform.clusters.awaitGateway(spec, state.computerName, signal);
      }
    },
  };
}

/** Those that are switched off stay so, and get a new disk when they are re-imaged by themselves. */
function runningInstances(view: ResourceView, scaleSetId: string): readonly StoredInstance[] {
  return instancesOf(view, scaleSetId).filter(
    ({ state, provisioningState }) => state.power === 'running' && provisioningState !== 'Deleting',
  );
}
