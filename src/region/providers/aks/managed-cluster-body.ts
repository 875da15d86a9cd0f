import { z } from 'zod';
import { definedOnly } from '../../../base/defined.ts';
import { parseBody } from '../../arm/errors.ts';
import { parseResourceId } from '../../arm/ids.ts';
import type { JsonObject, ResourceBody } from '../../arm/resource.ts';
import { trackedMembers } from '../../arm/tracked-resource.ts';
import { identitySchema } from '../resource-identity.ts';
import { defaultNodeResourceGroup } from './aks-names.ts';
import { type ClusterIdentity, parseClusterIdentity } from './cluster-identity-body.ts';
import { mergeNetworkProfile, type NetworkProfile, networkProfileSchema } from './network-profile.ts';
import { optionalFlag, optionalObject, optionalText } from './wire-values.ts';

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
  readonly identity: ClusterIdentity;
  readonly properties: ManagedClusterProperties;
}

const wireProperties = z.object({
  kubernetesVersion: optionalText,
  dnsPrefix: optionalText,
  nodeResourceGroup: optionalText,
  enableRBAC: optionalFlag,
  disableLocalAccounts: optionalFlag,
  linuxProfile: optionalObject,
  networkProfile: networkProfileSchema,
});

const wireBody = z.object({
  ...trackedMembers,
  sku: z
    .object({ name: optionalText, tier: optionalText })
    .nullish()
    .transform((sku) => sku ?? {}),
  identity: identitySchema,
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
    identity: parseClusterIdentity(identity, base.identity),
    properties: {
      ...base.properties,
      ...definedOnly(properties),
      networkProfile: mergeNetworkProfile(properties.networkProfile, before?.properties.networkProfile),
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
      networkProfile: mergeNetworkProfile({}, undefined),
    },
  };
}

/** All that a PATCH of a cluster changes (TagsObject): absent, they go. */
export function parseTags(body: unknown): ManagedClusterBody['tags'] {
  return parseBody(z.object({ tags: trackedMembers.tags }), body).tags;
}

/** The pools that a PUT of the cluster names; undefined when it has no list. They are stored as resources of their own. */
export function parseAgentPoolProfiles(body: unknown): readonly AgentPoolProfile[] | undefined {
  return parseBody(wireProfiles, body).properties?.agentPoolProfiles ?? undefined;
}
