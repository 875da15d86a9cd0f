import { type Cidr, cidrContains, cidrsOverlap, formatCidr, offsetOf, parseAddress, parseCidr } from '../../../base/addresses.ts';
import { nodePodPrefixLength } from '../pod-networks.ts';
import { type NetworkProfile, usesNodeSubnet } from './network-profile.ts';
import type { Problem, Rule } from './refusal.ts';

/** The virtual network in which a new cluster will be. */
export interface ClusterSurroundings {
  readonly addressSpace: readonly Cidr[];
  readonly subnets: readonly Cidr[];
  /** The other clusters there that have a pod network. */
  readonly neighbours: readonly { readonly name: string; readonly podCidr: string }[];
}

interface NetworkFacts {
  readonly profile: NetworkProfile;
  readonly surroundings: ClusterSurroundings;
}

/**
 * Forms, sizes and overlaps of a new cluster's networks: at most one problem, since the next rule builds on the one before. Codes of
 * overlaps with the virtual network are Azure's (Azure/AKS issue 1117, AKS-Construction issue 403). Throws InvalidInput where one is no
 * network at all.
 */
export function clusterNetworkProblem(facts: NetworkFacts): Problem | undefined {
  for (const rule of rules) {
    const problem = rule(facts);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const rules: readonly Rule<NetworkFacts>[] = [
  ({ profile: { networkPlugin, networkPluginMode } }) =>
    networkPluginMode !== undefined && networkPlugin !== 'azure'
      ? invalid('networkPluginMode', `overlay belongs to network plugin azure, not to ${networkPlugin}.`)
      : undefined,
  ({ profile }) =>
    profile.podCidr !== undefined && usesNodeSubnet(profile)
      ? invalid(
          'podCidr',
          `with network plugin azure and no mode, pods have addresses of the node subnet. Ask for networkPluginMode overlay, or leave podCidr out.`,
        )
      : undefined,
  ({ profile: { podCidr } }) => {
    if (podCidr === undefined || podsOf(podCidr).prefixLength <= nodePodPrefixLength) return undefined;
    return invalid('podCidr', `${podCidr} is too small: every node gets a /${String(nodePodPrefixLength)} of it.`);
  },
  ({ profile: { serviceCidr } }) => {
    const { prefixLength } = servicesOf(serviceCidr);
    return prefixLength >= 12 && prefixLength <= 28
      ? undefined
      : invalid('serviceCidr', `${serviceCidr} has to be a network of /12 to /28.`);
  },
  ({ profile: { podCidr, serviceCidr } }) =>
    podCidr !== undefined && cidrsOverlap(podsOf(podCidr), servicesOf(serviceCidr))
      ? invalid('serviceCidr', `${serviceCidr} overlaps with podCidr ${podCidr}.`)
      : undefined,
  podsAreOutsideTheNetwork,
  podsAreNobodyElses,
  servicesAreNoSubnet,
  ({ profile: { serviceCidr, dnsServiceIP } }) => {
    const services = servicesOf(serviceCidr);
    const dns = parseAddress(dnsServiceIP, 'properties.networkProfile.dnsServiceIP');
    return cidrContains(services, dns) && offsetOf(services, dns) >= 2
      ? undefined
      : invalid(
          'dnsServiceIP',
          `${dnsServiceIP} has to lie in serviceCidr ${serviceCidr}, not at one of its first two addresses.`,
        );
  },
];

function podsAreOutsideTheNetwork({ profile: { podCidr }, surroundings: { addressSpace } }: NetworkFacts): Problem | undefined {
  if (podCidr === undefined) return undefined;
  const overlapping = addressSpace.find((space) => cidrsOverlap(podsOf(podCidr), space));
  if (overlapping === undefined) return undefined;
  return {
    code: 'NetworkProfileCIDROverlapVNET',
    message: `NetworkProfile CIDR ${podCidr} overlaps with reserved VNET CIDR ${formatCidr(overlapping)}`,
    target: 'networkProfile.podCIDR',
  };
}

/** The router of a virtual network sends a pod's address to one node. */
function podsAreNobodyElses({ profile: { podCidr }, surroundings: { neighbours } }: NetworkFacts): Problem | undefined {
  if (podCidr === undefined) return undefined;
  const neighbour = neighbours.find((one) => cidrsOverlap(podsOf(podCidr), podsOf(one.podCidr)));
  if (neighbour === undefined) return undefined;
  return {
    code: 'PodCidrOverlapExistingCluster',
    message: `NetworkProfile CIDR ${podCidr} overlaps with the pod network ${neighbour.podCidr} of cluster ${neighbour.name} in the same virtual network. Choose another podCidr, or another virtual network.`,
    target: 'networkProfile.podCIDR',
  };
}

function servicesAreNoSubnet({ profile: { serviceCidr }, surroundings: { subnets } }: NetworkFacts): Problem | undefined {
  const overlapping = subnets.find((subnet) => cidrsOverlap(servicesOf(serviceCidr), subnet));
  if (overlapping === undefined) return undefined;
  return {
    code: 'ServiceCidrOverlapExistingSubnetsCidr',
    message: `The specified service CIDR ${serviceCidr} is conflicted with an existing subnet CIDR ${formatCidr(overlapping)}`,
    target: 'networkProfile.serviceCIDR',
  };
}

function podsOf(podCidr: string): Cidr {
  return parseCidr(podCidr, 'properties.networkProfile.podCidr');
}

function servicesOf(serviceCidr: string): Cidr {
  return parseCidr(serviceCidr, 'properties.networkProfile.serviceCidr');
}

function invalid(member: string, message: string): Problem {
  return {
    code: 'InvalidNetworkProfile',
    message: `networkProfile.${member}: ${message}`,
    target: `properties.networkProfile.${member}`,
  };
}
