import { z } from 'zod';
import { type Cidr, cidrContains, cidrSize, cidrsOverlap, formatCidr, parseCidr, subnetAt } from '../../base/addresses.ts';
import { ArmError } from '../arm/errors.ts';
import { sameId } from '../arm/ids.ts';
import type { ResourceView } from '../arm/resource.ts';
import { podBlocksIn } from './pod-blocks.ts';
import { subnetPrefix, usedAddresses } from './private-addresses.ts';
import { type InstanceState, instancesOf } from './scale-set-model.ts';

type Pool = NonNullable<InstanceState['pool']>;

/** What a node gets of its cluster's pod network. */
export const nodePodPrefixLength = 24;
/** A node's part of a subnet holds its pods and three addresses more: network, gateway, broadcast. */
const reservedInBlock = 3;
/** Azure keeps the first four addresses of a subnet. */
const reservedInSubnet = 4;

const clusterShape = z.object({
  body: z.object({ properties: z.object({ networkProfile: z.object({ podCidr: z.string().optional() }) }) }),
  state: z.object({ nodeSubnetId: z.string() }),
});
const poolShape = z.object({
  body: z.object({
    properties: z.object({ maxPods: z.int(), vnetSubnetID: z.string().optional(), podSubnetID: z.string().optional() }),
  }),
});

/** Where the pods of a pool get their addresses from. */
export type PodSource =
  | { readonly kind: 'podNetwork'; readonly podCidr: string }
  | { readonly kind: 'subnet'; readonly subnetId: string };

interface SourceFacts {
  /** Of the cluster; undefined: pods have addresses of subnets. */
  readonly podCidr: string | undefined;
  /** Of the cluster. */
  readonly nodeSubnetId: string;
  /** Of the pool, as is the next one. */
  readonly vnetSubnetID?: string | undefined;
  readonly podSubnetID?: string | undefined;
}

export function podSourceOf({ podCidr, nodeSubnetId, vnetSubnetID, podSubnetID }: SourceFacts): PodSource {
  if (podSubnetID === undefined && podCidr !== undefined) return { kind: 'podNetwork', podCidr };
  return { kind: 'subnet', subnetId: podSubnetID ?? vnetSubnetID ?? nodeSubnetId };
}

/**
 * The pods' network of a new node, `a.b.c.d/n`: out of the cluster's pod network, or where pods have addresses of a subnet, a block of
 * that. Throws 400 `InsufficientSubnetSize` when there is no room, 409 when there is no such cluster or pool.
 */
export function allocatePodCidr(view: ResourceView, pool: Pool): string {
  const cluster = clusterShape.safeParse(view.get(pool.clusterId)).data;
  const properties = poolShape.safeParse(view.get(`${pool.clusterId}/agentPools/${pool.agentPool}`)).data?.body.properties;
  if (cluster === undefined || properties === undefined) throw unknownPool(pool);
  const { podCidr } = cluster.body.properties.networkProfile;
  const source = podSourceOf({ podCidr, nodeSubnetId: cluster.state.nodeSubnetId, ...properties });
  return source.kind === 'podNetwork'
    ? allocateFromPodNetwork(view, pool, source.podCidr)
    : allocateFromSubnet(view, source.subnetId, properties.maxPods);
}

function unknownPool({ clusterId, agentPool }: Pool): ArmError {
  return new ArmError(
    409,
    'VMExtensionProvisioningError',
    `The scale set's extension names cluster ${clusterId} with an agent pool ${agentPool}: there is none.`,
  );
}

/** The first /24 that no other node of the cluster has. */
function allocateFromPodNetwork(view: ResourceView, { clusterId }: Pool, podCidr: string): string {
  const outer = parseCidr(podCidr, 'properties.networkProfile.podCidr');
  const used = new Set(
    instancesOf(view).flatMap(({ state }) => (sameId(state.pool?.clusterId ?? '', clusterId) ? (state.podCidr ?? []) : [])),
  );
  const count = cidrSize(outer) / 2 ** (32 - nodePodPrefixLength);
  for (let index = 0; index < count; index += 1) {
    const candidate = formatCidr(subnetAt(outer, nodePodPrefixLength, index));
    if (!used.has(candidate)) return candidate;
  }
  throw insufficient(outer, 'networkProfile.podCIDR', (count + 1) * 2 ** (32 - nodePodPrefixLength));
}

/** The last block that is free: nodes take their own addresses from the other end. */
function allocateFromSubnet(view: ResourceView, subnetId: string, maxPods: number): string {
  const subnet = subnetPrefix(view, subnetId);
  const prefixLength = blockPrefixLength(maxPods);
  const blocks = podBlocksIn(view, subnetId);
  const addresses = [...usedAddresses(view, subnetId)];
  const count = Math.floor(cidrSize(subnet) / 2 ** (32 - prefixLength));
  for (let index = count - 1; index >= 0; index -= 1) {
    const candidate = subnetAt(subnet, prefixLength, index);
    const isReserved = index * cidrSize(candidate) < reservedInSubnet;
    const isUsed = isReserved || addresses.some((address) => cidrContains(candidate, address));
    if (!isUsed && !blocks.some(({ block }) => cidrsOverlap(block, candidate))) return formatCidr(candidate);
  }
  throw insufficient(subnet, subnetId.split('/').at(-1) ?? '', cidrSize(subnet) + 2 ** (32 - prefixLength));
}

/** The smallest block that holds so many pods: 30 of them need a /26, 250 a /24. */
export function blockPrefixLength(maxPods: number): number {
  return 32 - Math.ceil(Math.log2(maxPods + reservedInBlock));
}

/** Code and words: Azure/AKS-Construction issue 701. */
function insufficient(outer: Cidr, name: string, wanted: number): ArmError {
  return new ArmError(
    400,
    'InsufficientSubnetSize',
    `Pre-allocated IPs ${String(wanted)} exceeds IPs available ${String(cidrSize(outer))} in Subnet Cidr ${formatCidr(outer)}, Subnet Name ${name}: there is no room for the pods of another node.`,
    { target: name },
  );
}
