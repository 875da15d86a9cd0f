import type { ResourceBody, ResourceView, StoredResource } from '../arm/resource.ts';
import type { ClusterNetworkState } from './world.ts';

/** A managed cluster, as far as the network knows it. */
export type ClusterNetwork = StoredResource<ResourceBody, ClusterNetworkState>;

const clusterType = 'Microsoft.ContainerService/managedClusters';

export function clusterNetworksOf(view: ResourceView): readonly ClusterNetwork[] {
  return view.list(clusterType).filter(isCluster);
}

function isCluster(resource: StoredResource): resource is ClusterNetwork {
  return resource.type === clusterType;
}
