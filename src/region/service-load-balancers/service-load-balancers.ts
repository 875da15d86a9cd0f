import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import type { ClusterPlatform, ClusterSpec } from '../../cluster/cluster-platform.ts';
import { idKey } from '../arm/ids.ts';
import type { ResourceManager } from '../arm/resource-manager.ts';
import { listClusters, type ManagedCluster } from '../providers/aks/cluster-records.ts';
import { toClusterSpec } from '../providers/aks/cluster-specs.ts';
import { nodeResourceGroupId } from '../providers/aks/node-resource-group.ts';
import type { RegionNetwork } from '../providers/world.ts';
import { createClusterCloud } from './cluster-cloud.ts';

interface ServiceLoadBalancersOptions {
  readonly manager: Pick<ResourceManager, 'store' | 'put' | 'remove'>;
  readonly network: RegionNetwork;
  readonly clusters: Pick<ClusterPlatform, 'connect'>;
  readonly log: Logger;
}

/** How long after a cluster came up its Services are looked at, and after it began to go they are left alone. */
const lookEveryMs = 1000;

/**
 * The cloud's part in Services of type LoadBalancer: for every cluster that runs, what cloud-provider-azure does in Azure. It looks at
 * the store now and then, so that it needs no word from whoever makes and removes clusters.
 */
export function startServiceLoadBalancers(options: ServiceLoadBalancersOptions): { stop(): Promise<void> } {
  const { manager, log } = options;
  const stopping = new AbortController();
  const followed = new Map<string, { stop(): Promise<void> }>();

  async function look(): Promise<void> {
    const running = new Map(runningClusters(manager.store).map((one) => [idKey(one.cluster.id), one]));
    const gone = [...followed].filter(([key]) => !running.has(key));
    for (const [key] of gone) followed.delete(key);
    await Promise.all(gone.map(async ([, services]) => services.stop()));
    for (const [key, one] of running) {
      if (followed.has(key)) continue;
      try {
        followed.set(key, await follow(options, one));
      } catch (error) {
        log.debug({ cluster: one.cluster.id, error: messageOf(error) }, 'services of the cluster are not watched yet');
      }
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look();
      await sleep(lookEveryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
    await Promise.all([...followed.values()].map(async (services) => services.stop()));
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

interface RunningCluster {
  readonly cluster: ManagedCluster;
  readonly spec: ClusterSpec;
}

function runningClusters(view: ResourceManager['store']): readonly RunningCluster[] {
  return listClusters(view).flatMap((cluster) => {
    const spec = toClusterSpec(cluster);
    const isRunning = cluster.provisioningState !== 'Creating' && cluster.provisioningState !== 'Deleting';
    return isRunning && spec !== undefined ? [{ cluster, spec }] : [];
  });
}

async function follow(
  { manager, network, clusters, log }: ServiceLoadBalancersOptions,
  { cluster, spec }: RunningCluster,
): Promise<{ stop(): Promise<void> }> {
  // A region without a cluster does without the client of Kubernetes, which takes its share of memory.
  const { startClusterServices } = await import('./cluster-services.ts');
  const groupId = nodeResourceGroupId(cluster.id, cluster.body.properties.nodeResourceGroup);
  return startClusterServices({
    connection: await clusters.connect(spec),
    cloud: createClusterCloud({ manager, network, nodeResourceGroupId: groupId }),
    log: log.child({ cluster: spec.key }),
  });
}
