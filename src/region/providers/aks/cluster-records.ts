import { ancestorId, sameId } from '../../arm/ids.ts';
import type { ResourceView, StoredResource } from '../../arm/resource.ts';
import type { ClusterNetworkState } from '../world.ts';
import type { AgentPoolBody } from './agent-pool-body.ts';
import { agentPoolType, managedClusterType } from './aks-names.ts';
import type { ManagedClusterBody } from './managed-cluster-body.ts';

/** What the region knows about a managed cluster. */
export interface ManagedClusterState extends ClusterNetworkState {
  /** Loopback port of its API server: one per cluster, for its whole life. */
  readonly apiPort: number;
  /** Subnet of the control plane and, unless they name another, of the pools. */
  readonly nodeSubnetId: string;
  /** Network of that subnet, `10.224.0.0/16`. From the first provisioning on, as are the next two. */
  readonly nodeSubnet?: string;
  readonly identity?: { readonly clientId: string; readonly principalId: string };
}

export type ManagedCluster = StoredResource<ManagedClusterBody, ManagedClusterState>;
export type AgentPool = StoredResource<AgentPoolBody>;

export function findCluster(view: ResourceView, id: string): ManagedCluster | undefined {
  return listClusters(view).find((cluster) => sameId(cluster.id, id));
}

export function listClusters(view: ResourceView): readonly ManagedCluster[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only our provider writes resources of this type
  return view.list(managedClusterType) as readonly ManagedCluster[];
}

export function listPools(view: ResourceView, clusterId: string): readonly AgentPool[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only our provider writes resources of this type
  return view.list(agentPoolType, clusterId) as readonly AgentPool[];
}

/** The pool's cluster, by the pool's id. */
export function clusterOfPool(view: ResourceView, poolId: string): ManagedCluster | undefined {
  return findCluster(view, ancestorId(poolId));
}
