import { isIPv6 } from 'node:net';
import { parseAddress, parseCidr, type Cidr } from '../base/addresses.ts';
import type { ClusterNetworks } from '../dataplane/model.ts';
import type { ClusterView } from './cluster-view.ts';
import { isGatewayNode } from './cluster-view.ts';
import type { Node } from './kube-kinds.ts';

/** Networks that a flag has given: they replace what is read from the cluster. */
export interface GivenNetworks {
  readonly nodes?: readonly Cidr[];
  readonly pods?: readonly Cidr[];
  readonly services?: readonly Cidr[];
}

/** Why this node cannot serve annotated pods now. */
export interface NotReady {
  readonly reason: 'GatewayNode' | 'ClusterNetworksUnknown' | 'WaitingForOperator';
  readonly message: string;
}

/**
 * Where pods go without a gateway: addresses of nodes, pod CIDRs of nodes, ServiceCIDR objects; or what flags say. Unknown is not
 * empty: what is missing here would be sent to the internet.
 */
export function findClusterNetworks(
  { nodes, serviceCidrs }: Pick<ClusterView, 'nodes' | 'serviceCidrs'>,
  nodeName: string,
  given: GivenNetworks,
): { readonly networks: ClusterNetworks } | { readonly notReady: NotReady } {
  const own = nodes.find(({ metadata }) => metadata.name === nodeName);
  const podCidrs = nodes.flatMap(({ spec }) => spec?.podCIDRs ?? []);
  const services = serviceCidrs.flatMap(({ spec }) => spec?.cidrs ?? []);
  if (!own) return unknown(`node ${nodeName} is not among the nodes of the cluster`);
  if (!given.pods && (own.spec?.podCIDRs ?? []).length === 0)
    return unknown(`node ${nodeName} has no pod CIDR, and no flag --pod-cidrs gives the networks of pods`);
  if (!given.services && services.length === 0)
    return unknown('there is no ServiceCIDR object, and no flag --service-cidrs gives the networks of services');
  const networks = {
    nodes: given.nodes ?? unique(nodes.flatMap(addressesOf)),
    pods: given.pods ?? toCidrs(podCidrs, 'podCIDRs'),
    services: given.services ?? toCidrs(services, 'ServiceCIDR'),
    ipv6: [...new Set([...podCidrs, ...services].filter(isVersion6))].sort(),
  };
  return { networks };
}

/** The role of the node, once it is known. */
export function refusesPods(nodes: readonly Node[], nodeName: string): NotReady | undefined {
  const own = nodes.find(({ metadata }) => metadata.name === nodeName);
  if (!own || !isGatewayNode(own)) return undefined;
  return { reason: 'GatewayNode', message: 'This is a gateway node: it serves pods of other nodes; annotated pods are refused.' };
}

function unknown(message: string): { readonly notReady: NotReady } {
  return { notReady: { reason: 'ClusterNetworksUnknown', message } };
}

function addressesOf({ metadata, status }: Node): Cidr[] {
  const internal = (status?.addresses ?? []).filter(({ type, address }) => type === 'InternalIP' && !isIPv6(address));
  return internal.map(({ address }) => ({ address: parseAddress(address, `node ${metadata.name}`), prefixLength: 32 }));
}

function toCidrs(texts: readonly string[], field: string): Cidr[] {
  return unique(texts.filter((text) => !isVersion6(text)).map((text) => parseCidr(text, field)));
}

function isVersion6(cidr: string): boolean {
  return cidr.includes(':');
}

/** Sorted, so that the same networks are the same list. */
function unique(cidrs: readonly Cidr[]): Cidr[] {
  const byText = new Map(cidrs.map((cidr) => [`${cidr.address}/${String(cidr.prefixLength)}`, cidr]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cidr]) => cidr);
}
