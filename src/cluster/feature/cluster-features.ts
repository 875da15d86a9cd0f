import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, SegwError } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import type { KubeClient } from '../../kube/client.ts';
import { listAll } from '../../kube/list-watch.ts';
import { withClient, type ConnectCluster } from '../cluster-client.ts';
import type { ClusterPlatform, ClusterSpec } from '../cluster-platform.ts';
import { ensureNodeImages, type NodeImage } from '../node-images.ts';
import type { NodeShell } from '../node-shell.ts';
import { hasCondition, nodeKind } from '../cluster-objects.ts';
import type { FeatureSettings } from './feature-settings.ts';
import { awaitGateway } from './gateway-readiness.ts';
import { awaitFeature, installFeature } from './install.ts';
import { readManifests } from './manifest-files.ts';
import { listPoolUsers } from './pool-users.ts';
import { removeFeature, type Removal } from './remove.ts';
import { renderValues } from './render.ts';
import { featureImageReference, manifestValues } from './values.ts';

interface ClusterFeaturesOptions {
  readonly log: Logger;
  readonly shell: NodeShell;
  readonly images: () => Promise<readonly NodeImage[]>;
  readonly connect: ConnectCluster;
}

/** Static egress gateway in the region's clusters. */
export interface ClusterFeatures {
  readonly ensure: ClusterPlatform['ensureFeature'];
  readonly await: ClusterPlatform['awaitFeature'];
  readonly awaitGateway: ClusterPlatform['awaitGateway'];
  readonly poolUsers: ClusterPlatform['gatewayPoolUsers'];
  /** Ends what runs in the background for the cluster. */
  forget(cluster: Pick<ClusterSpec, 'key'>): void;
}

/** How often a removal looks whether the last attached pods are gone. */
const followEveryMs = 5000;

export function createClusterFeatures(options: ClusterFeaturesOptions): ClusterFeatures {
  const removals = new Map<string, AbortController>();

  function forget({ key }: Pick<ClusterSpec, 'key'>): void {
    removals.get(key)?.abort();
    removals.delete(key);
  }

  /** Without an end of its own: pods may stay attached for days. */
  async function follow(cluster: ClusterSpec, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await sleep(followEveryMs, undefined, { signal, ref: false });
        const { nodesWithAgent } = await remove(options, cluster, signal);
        if (nodesWithAgent.length > 0) continue;
        options.log.info({ cluster: cluster.key }, 'the last agents of the feature are gone');
        return forget(cluster);
      } catch (error) {
        if (!signal.aborted)
          options.log.warn({ cluster: cluster.key, error: messageOf(error) }, 'removal of the feature goes on');
      }
    }
  }

  return {
    async ensure(cluster, feature, signal) {
      forget(cluster);
      if (feature.enabled) return install(options, cluster, feature.settings, signal);
      const { nodesWithAgent } = await remove(options, cluster, signal);
      if (nodesWithAgent.length === 0) return undefined;
      options.log.info({ cluster: cluster.key, nodes: nodesWithAgent }, 'agents of the feature stay for attached pods');
      const following = new AbortController();
      removals.set(cluster.key, following);
      void follow(cluster, following.signal);
      return undefined;
    },
    await: async (cluster, signal) => withClient(options.connect, cluster, (client) => awaitFeature(client, signal)),
    awaitGateway: async (cluster, nodeName, signal) =>
      withClient(options.connect, cluster, (client) => awaitGateway(client, nodeName, signal)),
    poolUsers: async (cluster, pool, signal) =>
      withClient(options.connect, cluster, (client) => listPoolUsers(client, pool, signal)),
    forget,
  };
}

async function install(
  options: ClusterFeaturesOptions,
  cluster: ClusterSpec,
  settings: FeatureSettings,
  signal: AbortSignal,
): Promise<void> {
  const images = await options.images();
  const image = images.find(({ reference }) => reference === featureImageReference);
  if (!image) throw new SegwError('NotFound', `install static egress gateway: the nodes get no image ${featureImageReference}`);
  const { definitions, objects } = await readManifests();
  const manifests = { definitions, objects: renderValues(objects, manifestValues(cluster, image, settings)) };
  await withClient(options.connect, cluster, async (client) => {
    // Before the cluster starts anything from it: there is no registry, and the tag of a rebuilt image is the old one.
    for (const node of await readyNodes(client, signal)) await ensureNodeImages(options.shell, node, { images, signal });
    await installFeature(client, manifests, signal);
  });
}

async function remove(options: ClusterFeaturesOptions, cluster: ClusterSpec, signal: AbortSignal): Promise<Removal> {
  const manifests = await readManifests();
  return withClient(options.connect, cluster, (client) => removeFeature(client, manifests, signal));
}

async function readyNodes(client: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  const { items } = await listAll(client, nodeKind, { signal });
  return items.filter((node) => hasCondition(node, 'Ready')).map(({ metadata }) => metadata.name);
}
