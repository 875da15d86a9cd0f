import type { ClusterPlatform, ClusterSpec, NodeSpec } from '../../../cluster/cluster-platform.ts';
import { ArmError } from '../../arm/errors.ts';
import type { ResourceView } from '../../arm/resource.ts';
import type { NodeBootstrap, PoolInstance } from '../world.ts';
import { type AgentPool, findCluster, listPools } from './cluster-records.ts';
import { toClusterSpec, toNodeSpec } from './cluster-specs.ts';
import { drainLimitMs } from './pool-drain.ts';

interface InstanceInView {
  readonly instance: PoolInstance;
  readonly view: ResourceView;
}

/** What makes an instance of a pool a node, and takes it out again. */
export function createNodeBootstrap(clusters: ClusterPlatform, place: InstanceInView): NodeBootstrap {
  return {
    async content() {
      const { cluster, node } = requireNode(place);
      return clusters.nodeContent(cluster, node);
    },
    async ready(signal) {
      const { cluster, node } = requireNode(place);
      await clusters.ensureNodeReady(cluster, node, signal);
    },
    async serving(signal) {
      const { cluster, node, pool } = requireNode(place);
      const isGateway = pool.body.properties.mode === 'Gateway' && cluster.hasStaticEgressGateway;
      if (isGateway) await clusters.awaitGateway(cluster, node.name, signal);
    },
    async leave(limitMs) {
      const cluster = findCluster(place.view, place.instance.clusterId);
      // The nodes of a cluster that goes as a whole have nobody to hand their pods to.
      if (cluster === undefined || cluster.provisioningState === 'Deleting') return;
      const spec = toClusterSpec(cluster);
      const pool = poolOf(place, cluster.id);
      const poolLimitMs = pool === undefined ? limitMs : drainLimitMs(pool.body.properties, limitMs);
      if (spec !== undefined) await clusters.removeNode(spec, place.instance.name, poolLimitMs);
    },
  };
}

/** Throws 409: a scale set outlived its pool, or was made before its cluster. */
function requireNode({ instance, view }: InstanceInView): {
  readonly cluster: ClusterSpec;
  readonly pool: AgentPool;
  readonly node: NodeSpec;
} {
  const cluster = findCluster(view, instance.clusterId);
  const spec = cluster && toClusterSpec(cluster);
  const pool = cluster && poolOf({ instance, view }, cluster.id);
  if (spec !== undefined && pool !== undefined) return { cluster: spec, pool, node: toNodeSpec(instance, pool) };
  throw new ArmError(
    409,
    'VMExtensionProvisioningError',
    `VM ${instance.name} could not join cluster ${instance.clusterId}: there is no such cluster with an agent pool ${instance.agentPool}.`,
  );
}

function poolOf({ instance, view }: InstanceInView, clusterId: string): AgentPool | undefined {
  return listPools(view, clusterId).find(({ name }) => name === instance.agentPool);
}
