import type { JsonObject } from '../../arm/resource.ts';
import { plainJson } from '../../arm/json.ts';
import { hasName, type LoadBalancerBody, partId, type StoredLoadBalancer } from './load-balancer-model.ts';

/** Members leave by its outbound rule; every node of the cluster is in it. */
export const outboundPool = 'aksOutboundBackendPool';
/** Takes in the connections of Services; every node but those of gateway pools is in it. */
export const servicePool = 'kubernetes';

const outboundRule = 'aksOutboundRule';
/** What AKS sets. */
const outboundIdleMinutes = 30;

/** Every cluster has one, under this name, in its node resource group. */
export function clusterLoadBalancerId(nodeResourceGroupId: string): string {
  return `${nodeResourceGroupId}/providers/Microsoft.Network/loadBalancers/kubernetes`;
}

/** The pools of a node of a cluster, as references. */
export function nodePools(
  loadBalancerId: string,
  { isGateway }: { readonly isGateway: boolean },
): readonly { readonly id: string }[] {
  const names = isGateway ? [outboundPool] : [outboundPool, servicePool];
  return names.map((name) => ({ id: partId(loadBalancerId, 'backendAddressPools', name) }));
}

interface OutboundFrontend {
  readonly loadBalancerId: string;
  readonly location: string | undefined;
  readonly frontend: string;
  readonly publicAddressId: string;
}

/** PUT body: outbound frontend, pools and rule as they have to be; what else is in it, such as the rules of Services, stays. */
export function withOutboundRule(existing: StoredLoadBalancer | undefined, wanted: OutboundFrontend): JsonObject {
  const { loadBalancerId, location, frontend, publicAddressId } = wanted;
  const parts = partsOf(existing);
  return plainJson({
    location: existing?.body.location ?? location,
    tags: existing?.body.tags,
    sku: { name: 'Standard', tier: 'Regional' },
    properties: {
      ...parts,
      frontendIPConfigurations: replaced(parts.frontendIPConfigurations, {
        name: frontend,
        properties: { privateIPAllocationMethod: 'Dynamic', publicIPAddress: { id: publicAddressId } },
      }),
      backendAddressPools: replaced(replaced(parts.backendAddressPools, { name: outboundPool }), { name: servicePool }),
      outboundRules: replaced(parts.outboundRules, {
        name: outboundRule,
        properties: {
          frontendIPConfigurations: [{ id: partId(loadBalancerId, 'frontendIPConfigurations', frontend) }],
          backendAddressPool: { id: partId(loadBalancerId, 'backendAddressPools', outboundPool) },
          protocol: 'All',
          allocatedOutboundPorts: 0,
          idleTimeoutInMinutes: outboundIdleMinutes,
          enableTcpReset: true,
        },
      }),
    },
  });
}

function partsOf(existing: StoredLoadBalancer | undefined): LoadBalancerBody['properties'] {
  const none = { frontendIPConfigurations: [], backendAddressPools: [], loadBalancingRules: [], probes: [], outboundRules: [] };
  return existing?.body.properties ?? none;
}

/** In its place, or at the end. */
function replaced<Part extends { readonly name: string }>(parts: readonly Part[], part: Part): readonly Part[] {
  return parts.some((one) => hasName(one, part.name))
    ? parts.map((one) => (hasName(one, part.name) ? part : one))
    : [...parts, part];
}
