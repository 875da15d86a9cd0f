import type { ClusterPlatform } from '../cluster/cluster-platform.ts';

/**
 * Clusters that are loaded when somebody asks for one: the client of Kubernetes takes 40 MB, which a region without a cluster can do
 * without.
 */
export function lazyClusters(load: () => Promise<ClusterPlatform>): ClusterPlatform {
  let loading: Promise<ClusterPlatform> | undefined;
  const clusters = async (): Promise<ClusterPlatform> => (loading ??= load());
  return {
    controlPlaneContent: async (cluster) => (await clusters()).controlPlaneContent(cluster),
    ensureReady: async (cluster, signal) => (await clusters()).ensureReady(cluster, signal),
    ensureFeature: async (cluster, feature, signal) => (await clusters()).ensureFeature(cluster, feature, signal),
    awaitFeature: async (cluster, signal) => (await clusters()).awaitFeature(cluster, signal),
    awaitGateway: async (cluster, nodeName, signal) => (await clusters()).awaitGateway(cluster, nodeName, signal),
    gatewayPoolUsers: async (cluster, pool, signal) => (await clusters()).gatewayPoolUsers(cluster, pool, signal),
    nodeContent: async (cluster, node) => (await clusters()).nodeContent(cluster, node),
    ensureNodeReady: async (cluster, node, signal) => (await clusters()).ensureNodeReady(cluster, node, signal),
    removeNode: async (cluster, nodeName, limitMs) => (await clusters()).removeNode(cluster, nodeName, limitMs),
    retainNodes: async (cluster, nodeNames) => (await clusters()).retainNodes(cluster, nodeNames),
    connect: async (cluster) => (await clusters()).connect(cluster),
    kubeconfig: async (cluster, user) => (await clusters()).kubeconfig(cluster, user),
    serviceAccountKeys: async (cluster) => (await clusters()).serviceAccountKeys(cluster),
    remove: async (cluster) => (await clusters()).remove(cluster),
  };
}
