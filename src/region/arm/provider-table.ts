import { ArmError } from './errors.ts';
import type { DerivedType, ResourceProvider } from './resource-provider.ts';

/** The resource types of the region, found by name in any case. */
export interface ProviderTable {
  readonly providers: readonly ResourceProvider[];
  /** Every type that is answered for, also those that are only read. */
  readonly types: readonly string[];
  find(type: string): ResourceProvider | undefined;
  derived(type: string): DerivedType | undefined;
  /** Like `find`. Throws 404 or 400 that says whether the namespace or the type is unknown. */
  require(type: string): ResourceProvider;
}

export function createProviderTable(
  providers: readonly ResourceProvider[],
  derivedTypes: readonly DerivedType[] = [],
): ProviderTable {
  const byType = new Map(providers.map((provider) => [provider.type.toLowerCase(), provider]));
  const derived = new Map(derivedTypes.map((derivedType) => [derivedType.type.toLowerCase(), derivedType]));
  const namespaces = new Set([...byType.keys(), ...derived.keys()].map((type) => type.split('/')[0]));
  const find = (type: string): ResourceProvider | undefined => byType.get(type.toLowerCase());
  return {
    providers,
    types: [...providers, ...derivedTypes].map(({ type }) => type),
    find,
    derived: (type) => derived.get(type.toLowerCase()),
    require: (type) => find(type) ?? unknownType(type, namespaces),
  };
}

function unknownType(type: string, namespaces: ReadonlySet<string | undefined>): never {
  const [namespace = '', ...rest] = type.split('/');
  if (!namespaces.has(namespace.toLowerCase()))
    throw new ArmError(
      404,
      'InvalidResourceNamespace',
      `The resource namespace '${namespace}' is invalid: this region does not have it.`,
    );
  throw new ArmError(
    404,
    'InvalidResourceType',
    `The resource type '${rest.join('/')}' could not be found in the namespace '${namespace}' of this region.`,
  );
}
