import { cidrSize, formatCidr, parseCidr } from '../../../base/addresses.ts';
import { sameId } from '../../arm/ids.ts';
import type { ResourceView } from '../../arm/resource.ts';
import { blockPrefixLength, nodePodPrefixLength, type PodSource, podSourceOf } from '../pod-networks.ts';
import { findSubnet } from '../virtual-network-model.ts';
import type { AgentPoolProperties } from './agent-pool-body.ts';
import { managedNetwork } from './cluster-plan.ts';
import { listPools, type ManagedCluster } from './cluster-records.ts';
import type { PoolInCluster } from './pool-placement.ts';
import type { Problem } from './refusal.ts';

const managedSubnet = parseCidr(managedNetwork.subnetPrefix, 'node subnet');
/** Azure keeps five addresses of a subnet. */
const reserved = 5;

/** Whether the nodes of the cluster and their pods find room with this pool (code and words: AKS-Construction issue 701). */
export function capacityProblem(view: ResourceView, { id, properties, cluster }: PoolInCluster): Problem | undefined {
  const others = listPools(view, cluster.id).filter((pool) => !sameId(pool.id, id));
  const pools = [properties, ...others.map(({ body }) => body.properties)];
  const source = podSource(cluster, properties);
  if (source.kind === 'podNetwork') {
    const sharing = pools.filter((pool) => podSource(cluster, pool).kind === 'podNetwork');
    const wanted = sumOf(sharing.map(({ count }) => count * 2 ** (32 - nodePodPrefixLength)));
    const network = parseCidr(source.podCidr, 'podCidr');
    return wanted > cidrSize(network)
      ? insufficient(wanted, cidrSize(network), [source.podCidr, 'networkProfile.podCIDR'])
      : undefined;
  }
  // The subnet that the service makes is not there before its cluster.
  const subnet = findSubnet(view, source.subnetId)?.body.properties.addressPrefix ?? managedSubnet;
  const wanted = sumOf(pools.map((pool) => addressesIn(source.subnetId, cluster, pool)));
  const available = cidrSize(subnet) - reserved;
  if (wanted <= available) return undefined;
  return insufficient(wanted, available, [formatCidr(subnet), source.subnetId.split('/').at(-1) ?? '']);
}

function podSource({ body, state }: ManagedCluster, pool: AgentPoolProperties): PodSource {
  return podSourceOf({ podCidr: body.properties.networkProfile.podCidr, nodeSubnetId: state.nodeSubnetId, ...pool });
}

/** Of its nodes and of their pods, as far as they are in this subnet. */
function addressesIn(subnetId: string, cluster: ManagedCluster, pool: AgentPoolProperties): number {
  const source = podSource(cluster, pool);
  const ofPods = source.kind === 'subnet' && sameId(source.subnetId, subnetId) ? 2 ** (32 - blockPrefixLength(pool.maxPods)) : 0;
  const ofNode = sameId(pool.vnetSubnetID ?? cluster.state.nodeSubnetId, subnetId) ? 1 : 0;
  return pool.count * (ofPods + ofNode);
}

function insufficient(wanted: number, available: number, [cidr, name]: readonly [cidr: string, name: string]): Problem {
  return {
    code: 'InsufficientSubnetSize',
    message: `Pre-allocated IPs ${String(wanted)} exceeds IPs available ${String(available)} in Subnet Cidr ${cidr}, Subnet Name ${name}. http://aka.ms/aks/insufficientsubnetsize`,
    target: name === 'networkProfile.podCIDR' ? name : 'agentPoolProfile.count',
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
