import type { ClientSecret, ClientSecrets } from '../arm/client-secrets.ts';
import { ArmError } from '../arm/errors.ts';
import { nameOf, parseResourceId } from '../arm/ids.ts';
import type { Principal, PrincipalRegistry } from '../arm/principals.ts';
import type { JsonObject } from '../arm/resource.ts';

interface Filter {
  readonly pattern: RegExp;
  /** `value` in lower case. */
  readonly fits: (principal: Principal, value: string) => boolean;
}

const filters: readonly Filter[] = [
  {
    pattern: /^servicePrincipalNames\/any\((?<x>\w+): ?\k<x> eq '(?<value>[^']*)'\)$/i,
    fits: ({ clientId }, value) => clientId === value,
  },
  { pattern: /^appId eq '(?<value>[^']*)'$/i, fits: ({ clientId }, value) => clientId === value },
  { pattern: /^id eq '(?<value>[^']*)'$/i, fits: ({ objectId }, value) => objectId === value },
  { pattern: /^displayName eq '(?<value>[^']*)'$/i, fits: (principal, value) => shownName(principal).toLowerCase() === value },
  {
    pattern: /^startswith\(displayName, ?'(?<value>[^']*)'\)$/i,
    fits: (principal, value) => shownName(principal).toLowerCase().startsWith(value),
  },
];

/** Those that a `$filter` of Microsoft Graph leaves. Throws 400 for one that is not known. */
export function findPrincipals(all: readonly Principal[], filter: string | undefined): readonly Principal[] {
  if (filter === undefined || filter === '') return all;
  for (const { pattern, fits } of filters) {
    const value = pattern.exec(filter.trim())?.groups?.['value'];
    if (value !== undefined) return all.filter((one) => fits(one, value.toLowerCase()));
  }
  throw new ArmError(400, 'Request_UnsupportedQuery', `The filter '${filter.slice(0, 200)}' is not supported.`);
}

/** Throws 404. */
export function requireObject(principals: PrincipalRegistry, id: string): Principal {
  const found = principals.findObject(id);
  if (found !== undefined) return found;
  throw new ArmError(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );
}

/** Whether it is the identity of a resource. */
export function isOfResource(displayName: string): boolean {
  return displayName.startsWith('/');
}

interface ObjectContext {
  readonly tenantId: string;
  readonly secrets: ClientSecrets;
}

export function toServicePrincipal(principal: Principal, { tenantId, secrets }: ObjectContext): JsonObject {
  const { clientId, objectId, displayName } = principal;
  const isManaged = isOfResource(displayName);
  const isExplicit = /\/userassignedidentities\/[^/]+$/.test(displayName);
  return {
    id: objectId,
    appId: clientId,
    displayName: shownName(principal),
    appDisplayName: isManaged ? null : displayName,
    accountEnabled: true,
    servicePrincipalType: isManaged ? 'ManagedIdentity' : 'Application',
    servicePrincipalNames: [clientId],
    alternativeNames: isManaged ? [`isExplicit=${isExplicit ? 'True' : 'False'}`, displayName] : [],
    appOwnerOrganizationId: tenantId,
    keyCredentials: [],
    passwordCredentials: secrets.of(clientId).map(toPassword),
  };
}

export function toPassword({ keyId, displayName, hint, startDateTime, endDateTime }: ClientSecret): JsonObject {
  return { keyId, displayName, hint, startDateTime, endDateTime, secretText: null };
}

/** Of a resource's identity: the resource's name. */
function shownName({ displayName }: Principal): string {
  return isOfResource(displayName) ? nameOf(parseResourceId(displayName, 'displayName')) : displayName;
}
