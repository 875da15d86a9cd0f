import { type Cidr, cidrsOverlap, formatCidr, parseCidr } from '../../../base/addresses.ts';
import { sameId } from '../../arm/ids.ts';
import type { ResourceView } from '../../arm/resource.ts';
import { requireReference } from '../references.ts';
import { isSubnet, virtualNetworkIdOf } from '../virtual-network-model.ts';
import type { AgentPoolProperties } from './agent-pool-body.ts';
import type { ManagedCluster } from './cluster-records.ts';
import { usesNodeSubnet } from './network-profile.ts';
import type { Problem } from './refusal.ts';

/** A pool as its PUT wants it, and the cluster that it is in. */
export interface PoolInCluster {
  readonly id: string;
  readonly properties: AgentPoolProperties;
  readonly cluster: ManagedCluster;
}

/** What is wrong with the subnets that the pool names: all pools of a cluster are in one virtual network. Throws when there is no such subnet. */
export function placementProblems(view: ResourceView, { id, properties, cluster }: PoolInCluster): readonly Problem[] {
  const members = ['vnetSubnetID', 'podSubnetID'] as const;
  return members.flatMap((member) => {
    const subnetId = properties[member];
    if (subnetId === undefined) return [];
    const target = `properties.${member}`;
    const subnet = requireReference(view, { id: subnetId, is: isSubnet, from: id, target });
    return [
      networkProblem(subnet.id, cluster, target),
      overlapProblem(subnet.body.properties.addressPrefix, cluster, target),
      member === 'podSubnetID' ? podSubnetModeProblem(cluster, target) : undefined,
    ].filter((problem) => problem !== undefined);
  });
}

function networkProblem(subnetId: string, { state }: ManagedCluster, target: string): Problem | undefined {
  const network = virtualNetworkIdOf(state.nodeSubnetId);
  if (sameId(virtualNetworkIdOf(subnetId), network)) return undefined;
  return {
    code: 'InvalidParameter',
    message: `Subnet ${subnetId} is not in the virtual network of the cluster, ${network}: all agent pools of a cluster are in one virtual network.`,
    target,
  };
}

function overlapProblem(subnet: Cidr, { body }: ManagedCluster, target: string): Problem | undefined {
  const { podCidr } = body.properties.networkProfile;
  if (podCidr === undefined || !cidrsOverlap(subnet, parseCidr(podCidr, 'podCidr'))) return undefined;
  return {
    code: 'InvalidNetworkProfile',
    message: `Subnet ${formatCidr(subnet)} overlaps with the cluster's podCidr ${podCidr}.`,
    target,
  };
}

function podSubnetModeProblem({ body }: ManagedCluster, target: string): Problem | undefined {
  if (usesNodeSubnet(body.properties.networkProfile)) return undefined;
  return {
    code: 'InvalidParameter',
    message:
      'podSubnetID needs a cluster with network plugin azure and no networkPluginMode: the pods of this one have a network of their own.',
    target,
  };
}
