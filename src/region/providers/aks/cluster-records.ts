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
  /** Network that holds it in the address space of its virtual network, `10.224.0.0/12`. */
  readonly nodeNetwork?: string;
  /** Id of the publicIPAddresses resource in the outbound rule of the cluster's load balancer. */
  readonly outboundPublicIpId?: string | undefined;
  readonly identity?: { readonly clientId: string; readonly principalId: string };
  /** Of its nodes: a userAssignedIdentities resource. */
  readonly kubeletIdentity?: { readonly resourceId: string; readonly clientId: string; readonly principalId: string };
}

export type ManagedCluster = StoredResource<ManagedClusterBody, ManagedClusterState>;
/** What the region knows about a pool. */
export interface AgentPoolState {
  /** Keys of labels that the pool had once, for nodes that still have them. */
  readonly formerLabels?: readonly string[];
  /** Taints that it had once, in full. */
  readonly formerTaints?: readonly string[];
  /** Keys of tags that it had once, for its scale set. */
  readonly formerTags?: readonly string[];
}

export type AgentPool = StoredResource<AgentPoolBody, AgentPoolState>;

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

export function findPool(view: ResourceView, id: string): AgentPool | undefined {
  return listPools(view, ancestorId(id)).find((pool) => sameId(pool.id, id));
}

/** The pool's cluster, by the pool's id. */
export function clusterOfPool(view: ResourceView, poolId: string): ManagedCluster | undefined {
  return findCluster(view, ancestorId(poolId));
}
