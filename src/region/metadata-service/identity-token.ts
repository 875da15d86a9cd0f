import type { PrincipalRegistry } from '../arm/principals.ts';
import type { JsonObject } from '../arm/resource.ts';
import type { TokenIssuer } from '../arm/tokens.ts';
import { idKey } from '../arm/ids.ts';
import type { AssignedPrincipals, IdentityPrincipal } from '../providers/resource-identity.ts';
import { badRequest } from './metadata-error.ts';

/** The query of a token request. */
export type TokenQuery = Readonly<Record<string, string>>;

interface IdentityTokenOptions {
  readonly principals: Pick<PrincipalRegistry, 'find'>;
  readonly tokens: Pick<TokenIssuer, 'issue'>;
  readonly now: () => Date;
}

/** Answers `/metadata/identity/oauth2/token` (arm-facts 5.3) for a machine of a set with these principals. Throws 400. */
export async function issueIdentityToken(
  query: TokenQuery,
  assigned: AssignedPrincipals | undefined,
  { principals, tokens, now }: IdentityTokenOptions,
): Promise<JsonObject> {
  const { resource = '' } = query;
  if (resource === '') throw badRequest('identity', "Required query variable 'resource' is missing");
  const chosen = chooseIdentity(query, assigned ?? { userAssigned: [] });
  const principal = principals.find(chosen.clientId) ?? notFound();
  const { accessToken, expiresInSeconds } = await tokens.issue(principal, resource.replace(/\/+$/, ''));
  const issuedAt = Math.floor(now().getTime() / 1000);
  return {
    access_token: accessToken,
    client_id: principal.clientId,
    expires_in: String(expiresInSeconds),
    expires_on: String(issuedAt + expiresInSeconds),
    ext_expires_in: String(expiresInSeconds),
    not_before: String(issuedAt),
    resource,
    token_type: 'Bearer',
  };
}

/** Without a choice: the system-assigned identity, or else the only user-assigned one. */
export function chooseIdentity(query: TokenQuery, { systemAssigned, userAssigned }: AssignedPrincipals): IdentityPrincipal {
  const choices = selectors.flatMap(({ names, matches }) => {
    const given = names.map((name) => query[name] ?? '').find((value) => value !== '');
    return given === undefined ? [] : [{ given: given.toLowerCase(), matches }];
  });
  const [choice, ...further] = choices;
  if (further.length > 0) throw badRequest('identity', 'Only one of client_id, object_id and msi_res_id may name the identity');
  const all: readonly NamedPrincipal[] = [...(systemAssigned === undefined ? [] : [systemAssigned]), ...userAssigned];
  if (choice !== undefined) return all.find((one) => choice.matches(one, choice.given)) ?? notFound();
  const [only, ...others] = userAssigned;
  if (systemAssigned === undefined && others.length > 0)
    throw badRequest(
      'identity',
      'Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request',
    );
  return systemAssigned ?? only ?? notFound();
}

interface NamedPrincipal extends IdentityPrincipal {
  /** Of a user-assigned identity. */
  readonly resourceId?: string;
}

interface Selector {
  /** Query variables; clients of App Service write the second. */
  readonly names: readonly string[];
  readonly matches: (identity: NamedPrincipal, given: string) => boolean;
}

const selectors: readonly Selector[] = [
  { names: ['client_id'], matches: ({ clientId }, given) => clientId === given },
  { names: ['object_id', 'principal_id'], matches: ({ principalId }, given) => principalId === given },
  {
    names: ['msi_res_id', 'mi_res_id'],
    matches: ({ resourceId }, given) => resourceId !== undefined && idKey(resourceId) === idKey(given),
  },
];

function notFound(): never {
  throw badRequest('identity', 'Identity not found');
}
