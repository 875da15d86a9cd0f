import { z } from 'zod';
import { definedOnly } from '../../../base/defined.ts';
import { parseBody } from '../../arm/errors.ts';
import { parseResourceId } from '../../arm/ids.ts';
import type { JsonObject, ResourceBody } from '../../arm/resource.ts';
import { trackedMembers } from '../../arm/tracked-resource.ts';
import { defaultNodeResourceGroup } from './aks-names.ts';
import { optionalFlag, optionalObject, optionalText, optionalTexts, wordOf } from './wire-values.ts';

export interface NetworkProfile {
  readonly networkPlugin: 'azure' | 'kubenet' | 'none';
  readonly networkPluginMode: string;
  readonly networkPolicy: string;
  readonly networkDataplane: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly dnsServiceIP: string;
  readonly ipFamilies: readonly string[];
  readonly outboundType: string;
  readonly loadBalancerSku: string;
  readonly staticEgressGatewayProfile: { readonly enabled: boolean };
}

/** A managed cluster as its owner wants it, in wire names (arm-facts 3.1). */
export interface ManagedClusterProperties {
  /** What was asked for; undefined: the region's only version. */
  readonly kubernetesVersion?: string | undefined;
  readonly dnsPrefix: string;
  readonly nodeResourceGroup: string;
  readonly enableRBAC: boolean;
  readonly disableLocalAccounts: boolean;
  readonly linuxProfile?: JsonObject | undefined;
  readonly networkProfile: NetworkProfile;
}

export interface ManagedClusterBody extends ResourceBody {
  readonly sku: { readonly name: string; readonly tier: string };
  readonly identity: { readonly type: string };
  readonly properties: ManagedClusterProperties;
}

const wireNetwork = z.object({
  networkPlugin: wordOf(['azure', 'kubenet', 'none']),
  networkPluginMode: optionalText,
  networkPolicy: optionalText,
  networkDataplane: optionalText,
  podCidr: optionalText,
  serviceCidr: optionalText,
  dnsServiceIP: optionalText,
  ipFamilies: optionalTexts,
  outboundType: optionalText,
  loadBalancerSku: optionalText,
  staticEgressGatewayProfile: z
    .object({ enabled: optionalFlag })
    .nullish()
    .transform((profile) => (profile?.enabled === undefined ? undefined : { enabled: profile.enabled })),
});

const wireProperties = z.object({
  kubernetesVersion: optionalText,
  dnsPrefix: optionalText,
  nodeResourceGroup: optionalText,
  enableRBAC: optionalFlag,
  disableLocalAccounts: optionalFlag,
  linuxProfile: optionalObject,
  networkProfile: wireNetwork.nullish().transform((profile) => profile ?? {}),
});

const wireBody = z.object({
  ...trackedMembers,
  sku: z
    .object({ name: optionalText, tier: optionalText })
    .nullish()
    .transform((sku) => sku ?? {}),
  identity: z.object({ type: z.string() }).nullish(),
  properties: wireProperties.default(wireProperties.parse({})),
});

const wireProfiles = z.object({
  properties: z
    .object({
      agentPoolProfiles: z
        .array(z.looseObject({ name: z.string() }))
        .max(100)
        .nullish(),
    })
    .nullish(),
});

/** A pool inside the body of its cluster: the properties of a pool, and its name beside them. */
export type AgentPoolProfile = Readonly<Record<string, unknown>> & { readonly name: string };

const networkDefaults: NetworkProfile = {
  networkPlugin: 'azure',
  networkPluginMode: 'overlay',
  networkPolicy: 'none',
  networkDataplane: 'azure',
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.0.0.0/16',
  dnsServiceIP: '10.0.0.10',
  ipFamilies: ['IPv4'],
  outboundType: 'loadBalancer',
  loadBalancerSku: 'standard',
  staticEgressGatewayProfile: { enabled: false },
};

interface NamedCluster {
  readonly id: string;
  readonly name: string;
}

/** Tags are replaced; what else is absent stays as it was, and is the default in a new cluster. Throws ArmError (400) with every problem of form. */
export function parseManagedCluster(
  body: unknown,
  cluster: NamedCluster,
  before: ManagedClusterBody | undefined,
): ManagedClusterBody {
  const { location, tags, sku, identity, properties } = parseBody(wireBody, body);
  const base = before ?? defaultCluster(cluster, location);
  return {
    location: location ?? base.location,
    tags,
    sku: { ...base.sku, ...definedOnly(sku) },
    identity: identity ?? base.identity,
    properties: {
      ...base.properties,
      ...definedOnly(properties),
      networkProfile: { ...base.properties.networkProfile, ...definedOnly(properties.networkProfile) },
    },
  };
}

function defaultCluster({ id, name }: NamedCluster, location = ''): ManagedClusterBody {
  const group = parseResourceId(id, 'id').resourceGroup ?? '';
  return {
    sku: { name: 'Base', tier: 'Free' },
    identity: { type: 'SystemAssigned' },
    properties: {
      dnsPrefix: name,
      nodeResourceGroup: defaultNodeResourceGroup(group, name, location),
      enableRBAC: true,
      disableLocalAccounts: false,
      networkProfile: networkDefaults,
    },
  };
}

/** The pools that a PUT of the cluster names; undefined when it has no list. They are stored as resources of their own. */
export function parseAgentPoolProfiles(body: unknown): readonly AgentPoolProfile[] | undefined {
  return parseBody(wireProfiles, body).properties?.agentPoolProfiles ?? undefined;
}
