import type { ResourceBody, ResourceView, StoredResource } from '../../arm/resource.ts';
import { ancestorId, parseResourceId } from '../../arm/ids.ts';
import type { Reference } from '../references.ts';

export const loadBalancerType = 'Microsoft.Network/loadBalancers';

export interface Frontend {
  readonly name: string;
  readonly zones?: readonly string[] | undefined;
  /** Of a public address, or of a private one out of a subnet: exactly one of the two is there. */
  readonly properties: {
    readonly publicIPAddress?: Reference | undefined;
    readonly subnet?: Reference | undefined;
    readonly privateIPAddress?: string | undefined;
    readonly privateIPAllocationMethod: 'Dynamic' | 'Static';
  };
}

/** Its members are not named here: network interfaces say to which pools they belong. */
export interface BackendPool {
  readonly name: string;
}

export interface Probe {
  readonly name: string;
  readonly properties: {
    readonly protocol: 'Http' | 'Tcp';
    readonly port: number;
    /** Of `Http`. */
    readonly requestPath?: string | undefined;
    readonly intervalInSeconds: number;
    readonly numberOfProbes: number;
    /** So many equal results in a row take a member out, or in again. */
    readonly probeThreshold: number;
    readonly noHealthyBackendsBehavior: 'AllProbedDown' | 'AllProbedUp';
  };
}

export interface LoadBalancingRule {
  readonly name: string;
  readonly properties: {
    readonly frontendIPConfiguration: Reference;
    readonly backendAddressPool: Reference;
    readonly probe?: Reference | undefined;
    readonly protocol: 'Tcp' | 'Udp';
    readonly loadDistribution: 'Default' | 'SourceIP' | 'SourceIPProtocol';
    readonly frontendPort: number;
    readonly backendPort: number;
    readonly idleTimeoutInMinutes: number;
    /** The packet reaches the member with the frontend's address as destination. */
    readonly enableFloatingIP: boolean;
    readonly enableTcpReset: boolean;
    readonly disableOutboundSnat: boolean;
  };
}

export interface OutboundRule {
  readonly name: string;
  readonly properties: {
    readonly frontendIPConfigurations: readonly Reference[];
    readonly backendAddressPool: Reference;
    readonly protocol: 'All' | 'Tcp' | 'Udp';
    readonly allocatedOutboundPorts: number;
    readonly idleTimeoutInMinutes: number;
    readonly enableTcpReset: boolean;
  };
}

export interface LoadBalancerBody extends ResourceBody {
  readonly properties: {
    readonly frontendIPConfigurations: readonly Frontend[];
    readonly backendAddressPools: readonly BackendPool[];
    readonly loadBalancingRules: readonly LoadBalancingRule[];
    readonly probes: readonly Probe[];
    readonly outboundRules: readonly OutboundRule[];
  };
}

/** The children of a load balancer, as the last but one segment of their ids spells them. */
export type LoadBalancerPart = keyof LoadBalancerBody['properties'];

export const loadBalancerParts: readonly LoadBalancerPart[] = [
  'frontendIPConfigurations',
  'backendAddressPools',
  'loadBalancingRules',
  'probes',
  'outboundRules',
];

export interface LoadBalancerState {
  readonly resourceGuid: string;
  /** The private address of each frontend that has one, by the frontend's name. */
  readonly privateAddresses: Readonly<Record<string, string>>;
}

export type StoredLoadBalancer = StoredResource<LoadBalancerBody, LoadBalancerState>;

export function loadBalancersOf(view: ResourceView): readonly StoredLoadBalancer[] {
  return view.list(loadBalancerType).filter(isLoadBalancer);
}

export function findLoadBalancer(view: ResourceView, id: string): StoredLoadBalancer | undefined {
  const found = view.get(id);
  return found !== undefined && isLoadBalancer(found) ? found : undefined;
}

function isLoadBalancer(resource: StoredResource): resource is StoredLoadBalancer {
  return resource.type === loadBalancerType;
}

/** `.../loadBalancers/NAME/backendAddressPools/POOL` */
export function partId(loadBalancerId: string, part: LoadBalancerPart, name: string): string {
  return `${loadBalancerId}/${part}/${name}`;
}

/** The load balancer that has the pool of this id; undefined when there is no such pool. */
export function loadBalancerOfPool(view: ResourceView, poolId: string): StoredLoadBalancer | undefined {
  const { segments } = parseResourceId(poolId, 'backendAddressPool');
  const last = segments.at(-1);
  const loadBalancer = findLoadBalancer(view, ancestorId(poolId.replace(/\/+$/, '')));
  if (last?.type.toLowerCase() !== 'backendaddresspools') return undefined;
  const hasPool = loadBalancer?.body.properties.backendAddressPools.some((pool) => hasName(pool, last.name));
  return hasPool === true ? loadBalancer : undefined;
}

export function hasName(one: { readonly name: string }, name: string): boolean {
  return one.name.toLowerCase() === name.toLowerCase();
}
