import type { AgentPoolProperties } from './agent-pool-body.ts';
import type { Problem, Rule } from './refusal.ts';

/** What the rules about a gateway pool look at. */
export interface GatewayPoolFacts {
  readonly pool: string;
  readonly properties: AgentPoolProperties;
  /** As the pool was before; undefined for a new one. */
  readonly before: AgentPoolProperties | undefined;
  /** `networkProfile.staticEgressGatewayProfile.enabled` of its cluster. */
  readonly isFeatureEnabled: boolean;
}

const smallestPrefix = 31;
const largestPrefix = 28;
const fewestNodes = 2;

/** How many nodes a gateway pool may have: one public address of the prefix for each. */
export function maxGatewayNodes(prefixSize: number): number {
  return 2 ** (32 - prefixSize);
}

function prefixSizeOf({ gatewayProfile }: AgentPoolProperties): number {
  return gatewayProfile?.publicIPPrefixSize ?? smallestPrefix;
}

function isPrefixSize(size: number): boolean {
  return size >= largestPrefix && size <= smallestPrefix;
}

/**
 * Spec A5, A6, A9 and arm-facts 2, for pools of mode Gateway. The codes of count and pool type are Azure's own; the service's other
 * codes are not public, so the `StaticEgressGateway...` ones besides these two are ours.
 */
export const gatewayPoolRules: readonly Rule<GatewayPoolFacts>[] = [
  featureIsEnabled,
  poolIsScaleSet,
  osIsLinux,
  autoscalerIsOff,
  podsHaveNoOwnSubnet,
  prefixSizeIsInRange,
  nodeCountFitsPrefix,
];

function featureIsEnabled({ pool, isFeatureEnabled }: GatewayPoolFacts): Problem | undefined {
  if (isFeatureEnabled) return undefined;
  return {
    code: 'StaticEgressGatewayNotEnabled',
    message: `Gateway agentpool ${pool} needs static egress gateway, which is not enabled on this cluster. Enable it first: az aks update --enable-static-egress-gateway.`,
    target: 'properties.mode',
  };
}

function poolIsScaleSet({ pool, properties: { type } }: GatewayPoolFacts): Problem | undefined {
  if (type === 'VirtualMachineScaleSets') return undefined;
  return {
    code: 'StaticEgressGatewayOnlySupportVMSSNodepool',
    message: `Node pool type ${type} is not supported for gateway node pool ${pool}. Only type VirtualMachineScaleSets is supported. With az, give the size of the nodes by --node-vm-size: --vm-size is read as --vm-sizes, which asks for VirtualMachines.`,
    target: 'properties.type',
  };
}

function osIsLinux({ pool, properties: { osType } }: GatewayPoolFacts): Problem | undefined {
  if (osType === 'Linux') return undefined;
  return {
    code: 'StaticEgressGatewayOnlySupportLinuxNodepool',
    message: `OS type ${osType} is not supported for gateway node pool ${pool}. Gateway nodes run Linux.`,
    target: 'properties.osType',
  };
}

function autoscalerIsOff({ pool, properties: { enableAutoScaling } }: GatewayPoolFacts): Problem | undefined {
  if (!enableAutoScaling) return undefined;
  return {
    code: 'StaticEgressGatewayAutoScalingNotSupported',
    message: `The cluster autoscaler is not supported on gateway node pool ${pool}: its node count is bound to its public IP prefix. Scale it with az aks nodepool scale.`,
    target: 'properties.enableAutoScaling',
  };
}

function podsHaveNoOwnSubnet({ pool, properties: { podSubnetID } }: GatewayPoolFacts): Problem | undefined {
  return podSubnetID === undefined ? undefined : podSubnetProblem(pool);
}

function prefixSizeIsInRange({ pool, properties }: GatewayPoolFacts): Problem | undefined {
  const size = prefixSizeOf(properties);
  if (isPrefixSize(size)) return undefined;
  return {
    code: 'InvalidParameter',
    message: `The value of parameter gatewayProfile.publicIPPrefixSize is invalid: gateway agentpool ${pool} is configured with public IPPrefix size /${String(size)}, allowed are /${String(largestPrefix)} to /${String(smallestPrefix)}.`,
    target: 'properties.gatewayProfile.publicIPPrefixSize',
  };
}

/** Azure/AKS issue 4599 quotes code and message. A wrong prefix size or pool type has no right count. */
function nodeCountFitsPrefix({ pool, properties }: GatewayPoolFacts): Problem | undefined {
  const size = prefixSizeOf(properties);
  const { count, type } = properties;
  const max = maxGatewayNodes(size);
  if (!isPrefixSize(size) || type !== 'VirtualMachineScaleSets' || (count >= fewestNodes && count <= max)) return undefined;
  return {
    code: 'StaticEgressGatewayInvalidGatewayNodeCount',
    message: `Gateway agentpool ${pool} is configured with invalid node count ${String(count)}, exceeding max node count ${String(max)} according to public IPPrefix size /${String(size)} or fewer than ${String(fewestNodes)}.`,
    target: 'properties.count',
  };
}

/** Azure CNI Pod Subnet anywhere in a cluster keeps static egress gateway out. */
export function podSubnetProblem(pool: string): Problem {
  return {
    code: 'StaticEgressGatewayPodSubnetNotSupported',
    message: `Static egress gateway is not supported with Azure CNI Pod Subnet, which agentpool ${pool} uses (podSubnetID).`,
    target: 'properties.podSubnetID',
  };
}
