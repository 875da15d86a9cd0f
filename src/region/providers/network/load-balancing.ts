import { idKey, sameId } from '../../arm/ids.ts';
import type { ResourceView } from '../../arm/resource.ts';
import type { LoadBalancingState } from '../../fabric/network-state.ts';
import { findPublicIpAddress } from '../public-ip-model.ts';
import { findInstance } from '../scale-set-model.ts';
import { virtualNetworkIdOf } from '../virtual-network-model.ts';
import { type BackendMember, backendMembers } from './backend-members.ts';
import {
  type Frontend,
  type LoadBalancingRule,
  loadBalancersOf,
  partId,
  type StoredLoadBalancer,
} from './load-balancer-model.ts';

/** Whether a member answers a probe: `probeId` as `partId` gives it, `address` the member's private one. */
export type IsUp = (probeId: string, address: string) => boolean;

/** What load balancers do for the machines of a virtual network. */
export interface LoadBalancing {
  /** By which public address this primary private address leaves; undefined when no load balancer takes it out. */
  outboundAddress(virtualNetworkId: string, privateAddress: string): string | undefined;
  rules(virtualNetworkId: string): readonly LoadBalancingState[];
}

type Members = ReadonlyMap<string, readonly BackendMember[]>;

export function desiredLoadBalancing(view: ResourceView, isUp: IsUp): LoadBalancing {
  const members = backendMembers(view);
  const loadBalancers = loadBalancersOf(view).filter(({ provisioningState }) => provisioningState !== 'Deleting');
  const outbound = new Map<string, string>();
  const rules = new Map<string, LoadBalancingState[]>();
  for (const loadBalancer of loadBalancers) {
    for (const [key, address] of outboundAddresses(view, loadBalancer, members)) outbound.set(key, address);
    for (const rule of loadBalancer.body.properties.loadBalancingRules) {
      const pool = members.get(idKey(rule.properties.backendAddressPool.id)) ?? [];
      const state = ruleState(view, { loadBalancer, rule, pool, isUp });
      const networkId = networkOf(loadBalancer, rule, pool);
      if (state !== undefined && networkId !== undefined) rules.set(networkId, [...(rules.get(networkId) ?? []), state]);
    }
  }
  return {
    outboundAddress: (virtualNetworkId, privateAddress) => outbound.get(placeOf(virtualNetworkId, privateAddress)),
    rules: (virtualNetworkId) => rules.get(idKey(virtualNetworkId)) ?? [],
  };
}

/**
 * Where the members of a pool leave: by a frontend of its outbound rules or, when there are none, of its rules that do not forbid it.
 * Of several frontends a member has one, by its address, for as long as they stay the same.
 */
function outboundAddresses(view: ResourceView, { id, body }: StoredLoadBalancer, members: Members): readonly [string, string][] {
  const { backendAddressPools, outboundRules, loadBalancingRules } = body.properties;
  return backendAddressPools.flatMap(({ name }) => {
    const poolId = partId(id, 'backendAddressPools', name);
    const explicit = outboundRules
      .filter(({ properties }) => sameId(properties.backendAddressPool.id, poolId))
      .flatMap(({ properties }) => properties.frontendIPConfigurations);
    const implicit = loadBalancingRules
      .filter(({ properties }) => sameId(properties.backendAddressPool.id, poolId) && !properties.disableOutboundSnat)
      .map(({ properties }) => properties.frontendIPConfiguration);
    const frontends = (explicit.length > 0 ? explicit : implicit).flatMap(
      (ref) => publicAddressOf(view, { id, body }, ref.id) ?? [],
    );
    if (frontends.length === 0) return [];
    return (members.get(idKey(poolId)) ?? []).map(({ subnetId, privateAddress }): [string, string] => [
      placeOf(virtualNetworkIdOf(subnetId), privateAddress),
      frontends[lastByte(privateAddress) % frontends.length] ?? '',
    ]);
  });
}

interface RuleContext {
  readonly loadBalancer: StoredLoadBalancer;
  readonly rule: LoadBalancingRule;
  readonly pool: readonly BackendMember[];
  readonly isUp: IsUp;
}

function ruleState(view: ResourceView, { loadBalancer, rule, pool, isUp }: RuleContext): LoadBalancingState | undefined {
  const { frontendIPConfiguration, frontendPort, backendPort, protocol, enableFloatingIP, loadDistribution } = rule.properties;
  const publicAddress = publicAddressOf(view, loadBalancer, frontendIPConfiguration.id);
  const address = publicAddress ?? privateAddressOf(loadBalancer, frontendIPConfiguration.id);
  if (address === undefined) return undefined;
  return {
    address,
    isPublic: publicAddress !== undefined,
    protocol: protocol === 'Tcp' ? 'tcp' : 'udp',
    port: frontendPort,
    backendPort,
    keepsDestination: enableFloatingIP,
    byAddressOnly: loadDistribution !== 'Default',
    backends: backendsOf(view, { loadBalancer, rule, pool, isUp }),
  };
}

/** New connections go to members that run and answer the probe. */
function backendsOf(view: ResourceView, { loadBalancer, rule, pool, isUp }: RuleContext): readonly string[] {
  const running = pool
    .filter(({ instanceId }) => instanceId !== undefined && findInstance(view, instanceId)?.state.power === 'running')
    .map(({ privateAddress }) => privateAddress)
    .toSorted();
  const probe = loadBalancer.body.properties.probes.find(({ name }) =>
    sameId(partId(loadBalancer.id, 'probes', name), rule.properties.probe?.id ?? ''),
  );
  if (probe === undefined) return running;
  const probeId = partId(loadBalancer.id, 'probes', probe.name);
  const healthy = running.filter((address) => isUp(probeId, address));
  return healthy.length === 0 && probe.properties.noHealthyBackendsBehavior === 'AllProbedUp' ? running : healthy;
}

/** All members of a pool are in one network; a private frontend is in one even without members. */
function networkOf(
  loadBalancer: StoredLoadBalancer,
  rule: LoadBalancingRule,
  pool: readonly BackendMember[],
): string | undefined {
  const frontend = frontendOf(loadBalancer, rule.properties.frontendIPConfiguration.id);
  const subnetId = frontend?.properties.subnet?.id ?? pool[0]?.subnetId;
  return subnetId === undefined ? undefined : idKey(virtualNetworkIdOf(subnetId));
}

function publicAddressOf(
  view: ResourceView,
  loadBalancer: Pick<StoredLoadBalancer, 'id' | 'body'>,
  frontendId: string,
): string | undefined {
  const reference = frontendOf(loadBalancer, frontendId)?.properties.publicIPAddress;
  return reference && findPublicIpAddress(view, reference.id)?.state.address;
}

function privateAddressOf(loadBalancer: StoredLoadBalancer, frontendId: string): string | undefined {
  return loadBalancer.state.privateAddresses[frontendOf(loadBalancer, frontendId)?.name ?? ''];
}

function frontendOf({ id, body }: Pick<StoredLoadBalancer, 'id' | 'body'>, frontendId: string): Frontend | undefined {
  return body.properties.frontendIPConfigurations.find(({ name }) =>
    sameId(partId(id, 'frontendIPConfigurations', name), frontendId),
  );
}

function placeOf(virtualNetworkId: string, privateAddress: string): string {
  return `${idKey(virtualNetworkId)} ${privateAddress}`;
}

function lastByte(address: string): number {
  return Number(address.split('.').at(-1));
}
