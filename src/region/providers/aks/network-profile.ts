import { z } from 'zod';
import { definedOnly } from '../../../base/defined.ts';
import { optionalFlag, optionalText, optionalTexts, wordOf } from './wire-values.ts';

/** `networkProfile` as its owner wants it, in wire names (arm-facts 3.1). */
export interface NetworkProfile {
  readonly networkPlugin: 'azure' | 'kubenet' | 'none';
  /** Of plugin `azure`: absent, pods have addresses of the node subnet. */
  readonly networkPluginMode?: 'overlay' | undefined;
  readonly networkPolicy: string;
  readonly networkDataplane: string;
  /** Absent where pods have addresses of subnets. */
  readonly podCidr?: string | undefined;
  readonly serviceCidr: string;
  readonly dnsServiceIP: string;
  readonly ipFamilies: readonly string[];
  readonly outboundType: string;
  readonly loadBalancerSku: string;
  readonly staticEgressGatewayProfile: { readonly enabled: boolean };
}

const wireNetwork = z.object({
  networkPlugin: wordOf(['azure', 'kubenet', 'none']),
  networkPluginMode: wordOf(['overlay']),
  networkPolicy: optionalText,
  networkDataplane: optionalText,
  podCidr: optionalText,
  podCidrs: optionalTexts,
  serviceCidr: optionalText,
  serviceCidrs: optionalTexts,
  dnsServiceIP: optionalText,
  ipFamilies: optionalTexts,
  outboundType: optionalText,
  loadBalancerSku: optionalText,
  staticEgressGatewayProfile: z
    .object({ enabled: optionalFlag })
    .nullish()
    .transform((profile) => (profile?.enabled === undefined ? undefined : { enabled: profile.enabled })),
});

/** Absent and null: nothing is wanted of it. */
export const networkProfileSchema = wireNetwork.nullish().transform((profile): Partial<WireNetwork> => profile ?? {});

type WireNetwork = z.infer<typeof wireNetwork>;

const defaultPodCidr = '10.244.0.0/16';

const defaults = {
  networkPolicy: 'none',
  networkDataplane: 'azure',
  serviceCidr: '10.0.0.0/16',
  dnsServiceIP: '10.0.0.10',
  ipFamilies: ['IPv4'],
  outboundType: 'loadBalancer',
  loadBalancerSku: 'standard',
  staticEgressGatewayProfile: { enabled: false },
} as const;

/** What is absent stays as it was, and is the default in a new cluster. One list entry and the single member say the same. */
export function mergeNetworkProfile(wire: Partial<WireNetwork>, before: NetworkProfile | undefined): NetworkProfile {
  const { podCidrs, serviceCidrs, ...members } = wire;
  const base = before ?? newNetworkProfile(wire);
  const podCidr = members.podCidr ?? podCidrs?.[0];
  const serviceCidr = members.serviceCidr ?? serviceCidrs?.[0];
  return { ...base, ...definedOnly({ ...members, podCidr, serviceCidr, ipFamilies: familiesOf(wire) }) };
}

/** Without a plugin the service chooses overlay; plugin `azure` without a mode is the node subnet. */
function newNetworkProfile({ networkPlugin, networkPluginMode }: Partial<WireNetwork>): NetworkProfile {
  const usesPodNetwork = networkPlugin !== 'azure' || networkPluginMode === 'overlay';
  return {
    ...defaults,
    networkPlugin: networkPlugin ?? 'azure',
    ...(networkPlugin === undefined ? { networkPluginMode: 'overlay' } : {}),
    ...(usesPodNetwork ? { podCidr: defaultPodCidr } : {}),
  };
}

/** Two networks of a kind mean dual-stack, whether or not the families say so. */
function familiesOf({ ipFamilies, podCidrs = [], serviceCidrs = [] }: Partial<WireNetwork>): readonly string[] | undefined {
  const isDualStack = podCidrs.length > 1 || serviceCidrs.length > 1;
  return isDualStack && (ipFamilies ?? []).length < 2 ? ['IPv4', 'IPv6'] : ipFamilies;
}

/** How many pods a node takes unless its pool says otherwise (AKS: overlay 250, kubenet 110, node subnet 30). */
export function defaultMaxPods(profile: NetworkProfile | undefined): number {
  if (profile === undefined || profile.networkPluginMode === 'overlay') return 250;
  return profile.networkPlugin === 'azure' ? 30 : 110;
}

/** Whether pods have addresses of the nodes' subnets instead of a network of their own. */
export function usesNodeSubnet({ networkPlugin, networkPluginMode }: NetworkProfile): boolean {
  return networkPlugin === 'azure' && networkPluginMode === undefined;
}
