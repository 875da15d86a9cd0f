import { z } from 'zod';
import { ArmError, parseBody } from '../../arm/errors.ts';
import { ancestorId, sameId } from '../../arm/ids.ts';
import type { FederatedCredential, PrincipalRegistry } from '../../arm/principals.ts';
import type { ParsedPut, ResourceProvider } from '../../arm/resource-provider.ts';
import type { ResourceBody, ResourceView, StoredResource } from '../../arm/resource.ts';
import { userAssignedIdentityType } from '../resource-identity.ts';

const federatedCredentialType = `${userAssignedIdentityType}/federatedIdentityCredentials`;

/** The only audience that the token endpoint takes (`az identity federated-credential create` names it by itself). */
const exchangeAudience = 'api://AzureADTokenExchange';
const maxPerIdentity = 20;

interface FederatedCredentialBody extends ResourceBody {
  readonly properties: {
    readonly issuer: string;
    readonly subject: string;
    readonly audiences: readonly string[];
  };
}

type StoredCredential = StoredResource<FederatedCredentialBody>;

const schema = z.object({
  properties: z.object({
    issuer: z.url({ protocol: /^https$/, error: 'must be an https address' }).max(600),
    subject: z.string().min(1).max(600),
    audiences: z.array(z.literal(exchangeAudience, `must be '${exchangeAudience}'`)).length(1, 'exactly one is allowed'),
  }),
});

/** Service accounts whose tokens are accepted in place of a secret of a user-assigned identity (workload identity). */
export const federatedCredentials: ResourceProvider<FederatedCredentialBody> = {
  type: federatedCredentialType,
  parse: ({ body }) => parseBody(schema, body),
  validate: checkOthers,
  toWire: ({ body: { properties } }) => ({
    properties: { issuer: properties.issuer, subject: properties.subject, audiences: [...properties.audiences] },
  }),
};

/** Whether the user-assigned identity of this client takes the service account's tokens: issuer and subject exactly as in the token. */
export function isFederatedIdentity(
  view: ResourceView,
  principals: Pick<PrincipalRegistry, 'find'>,
  { clientId, issuer, subject }: FederatedCredential,
): boolean {
  // The identity's principal is named by its id.
  const identityId = principals.find(clientId)?.displayName;
  return (
    identityId !== undefined &&
    credentialsOf(view, identityId).some(({ body }) => body.properties.issuer === issuer && body.properties.subject === subject)
  );
}

function checkOthers({ id, body, view }: ParsedPut<FederatedCredentialBody>): void {
  const { issuer, subject } = body.properties;
  const others = credentialsOf(view, ancestorId(id)).filter((one) => !sameId(one.id, id));
  if (others.length >= maxPerIdentity)
    throw new ArmError(400, 'BadRequest', `An identity has at most ${String(maxPerIdentity)} federated identity credentials.`);
  const same = others.find((one) => one.body.properties.issuer === issuer && one.body.properties.subject === subject);
  if (same === undefined) return;
  throw new ArmError(
    409,
    'Conflict',
    `Issuer and subject combination already exists for this Managed Identity, in the federated identity credential '${same.name}'.`,
  );
}

function credentialsOf(view: ResourceView, identityId: string): readonly StoredCredential[] {
  return view.list(federatedCredentialType, identityId).filter(isCredential);
}

function isCredential(resource: StoredResource): resource is StoredCredential {
  return resource.type === federatedCredentialType;
}
