import type { ClusterPlatform } from '../../src/cluster/cluster-platform.ts';

/** For tests of fabric and machines alone: nobody asks for a cluster, and whoever does is told. */
export const noClusters: ClusterPlatform = {
  controlPlaneContent: refuse,
  ensureReady: refuse,
  ensureFeature: refuse,
  awaitFeature: refuse,
  awaitGateway: refuse,
  gatewayPoolUsers: refuse,
  nodeContent: refuse,
  ensureNodeReady: refuse,
  removeNode: refuse,
  retainNodes: refuse,
  connect: refuse,
  kubeconfig: refuse,
  serviceAccountKeys: refuse,
  remove: refuse,
};

function refuse(): Promise<never> {
  return Promise.reject(new Error('this test has no clusters'));
}
