import type { JsonObject } from '../arm/resource.ts';

/** `GET /subscriptions/S/providers/NAMESPACE`: a namespace and its types, always registered. */
export interface ProviderRegistration {
  /** `Microsoft.Network` */
  readonly namespace: string;
  /** Without the namespace: `virtualNetworks/subnets`. */
  readonly resourceTypes: readonly string[];
}

interface WireOptions {
  readonly subscriptionId: string;
  readonly location: string;
}

/**
 * What tools such as `az resource` send when the user names no version. The region takes every version of a type and answers one shape.
 */
const apiVersion = '2025-05-01';

/** Namespaces in the order in which they first appear. Types are full: `Microsoft.Network/virtualNetworks`. */
export function registrationsOf(types: readonly string[]): readonly ProviderRegistration[] {
  const byNamespace = Map.groupBy(types, (type) => type.split('/')[0] ?? '');
  return [...byNamespace].map(([namespace, members]) => ({
    namespace,
    resourceTypes: [...new Set(members.map((type) => type.slice(namespace.length + 1)))],
  }));
}

export function toProvider(
  { namespace, resourceTypes }: ProviderRegistration,
  { subscriptionId, location }: WireOptions,
): JsonObject {
  return {
    id: `/subscriptions/${subscriptionId}/providers/${namespace}`,
    namespace,
    registrationPolicy: 'RegistrationRequired',
    registrationState: 'Registered',
    resourceTypes: resourceTypes.map((resourceType) => ({
      resourceType,
      locations: [location],
      apiVersions: [apiVersion],
      defaultApiVersion: apiVersion,
      capabilities: resourceType.includes('/') ? 'None' : 'SupportsTags, SupportsLocation',
    })),
  };
}
