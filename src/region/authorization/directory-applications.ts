import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { AccessControl } from '../arm/access.ts';
import type { ClientSecrets } from '../arm/client-secrets.ts';
import { ArmError, parseBody } from '../arm/errors.ts';
import type { Principal, PrincipalRegistry } from '../arm/principals.ts';
import { readBody } from '../arm/request-content.ts';
import type { JsonObject } from '../arm/resource.ts';
import type { Caller } from '../arm/tokens.ts';
import { findPrincipals, isOfResource, requireObject, toPassword, toServicePrincipal } from './directory-objects.ts';

export interface DirectoryEnv {
  Variables: { caller: Caller };
}

export interface ApplicationOptions {
  readonly principals: PrincipalRegistry;
  readonly secrets: ClientSecrets;
  readonly access: AccessControl;
  readonly tenantId: string;
  readonly subscriptionId: string;
  /** Of the installation: neither changed nor deleted. */
  readonly ownObjectId: string;
  readonly now: () => Date;
}

const passwordYears = 1;

const applicationSchema = z.object({
  displayName: z.string().trim().min(1).max(120).regex(/^[^/]/, 'must not begin with a slash'),
  keyCredentials: z.array(z.unknown()).max(0, 'certificates are not supported').nullish(),
});

const servicePrincipalSchema = z.object({ appId: z.guid() });

const passwordSchema = z
  .object({
    passwordCredential: z
      .object({ displayName: z.string().max(120).nullish(), endDateTime: z.iso.datetime({ offset: true }).nullish() })
      .nullish(),
  })
  .transform(({ passwordCredential }) => ({
    displayName: passwordCredential?.displayName ?? '',
    endDateTime: passwordCredential?.endDateTime ?? undefined,
  }));

const keySchema = z.object({ keyId: z.guid() });

/**
 * Applications with client secrets (`az ad sp create-for-rbac`). Here an application and its service principal are one object: the id
 * of the application is its `appId`, and both come and go together. Writing needs the right to assign roles in the subscription.
 */
export function createApplicationRoutes(options: ApplicationOptions): Hono<DirectoryEnv> {
  const { principals, secrets } = options;
  const app = new Hono<DirectoryEnv>();
  app.use(async (c, next) => {
    if (c.req.method !== 'GET') checkMayWrite(options, c.get('caller'));
    await next();
  });
  app.get('/applications', (c) =>
    c.json({
      value: findPrincipals(applicationsOf(principals), c.req.query('$filter')).map((one) => toApplication(one, secrets)),
    }),
  );
  app.get('/applications/:id', (c) => c.json(toApplication(requireApplication(c, options), secrets)));
  app.post('/applications', async (c) => c.json(toApplication(await createApplication(c, options), secrets), 201));
  app.patch('/applications/:id', async (c) => {
    const { displayName } = requireApplication(c, options);
    const wanted = parseBody(applicationSchema.partial(), await readBody(c), 'Request_BadRequest');
    if (wanted.displayName !== undefined && wanted.displayName !== displayName)
      throw new ArmError(400, 'Request_BadRequest', 'The name of an application cannot be changed in this region.');
    return c.body(null, 204);
  });
  app.post('/servicePrincipals', async (c) => {
    const { appId } = parseBody(servicePrincipalSchema, await readBody(c), 'Request_BadRequest');
    const principal = principals.find(appId);
    if (principal !== undefined) return c.json(toServicePrincipal(principal, options), 201);
    throw new ArmError(
      400,
      'Request_BadRequest',
      `The appId '${appId}' of the service principal does not reference a valid application object.`,
    );
  });
  for (const kind of ['/applications/:id', '/servicePrincipals/:id']) {
    app.post(`${kind}/addPassword`, async (c) => c.json(await addPassword(c, options)));
    app.post(`${kind}/removePassword`, async (c) => {
      const { keyId } = parseBody(keySchema, await readBody(c), 'Request_BadRequest');
      secrets.remove({ clientId: requireApplication(c, options).clientId, keyId });
      return c.body(null, 204);
    });
    app.delete(kind, (c) => {
      principals.remove(requireApplication(c, options).clientId);
      return c.body(null, 204);
    });
  }
  return app;
}

function checkMayWrite({ access, subscriptionId }: ApplicationOptions, caller: Caller): void {
  try {
    const scope = `/subscriptions/${subscriptionId}`;
    access.authorize({ caller, action: 'Microsoft.Authorization/roleAssignments/write', scope });
  } catch (error) {
    throw new ArmError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.', {
      cause: error,
    });
  }
}

async function createApplication(c: Context<DirectoryEnv>, { principals }: ApplicationOptions): Promise<Principal> {
  const { displayName } = parseBody(applicationSchema, await readBody(c), 'Request_BadRequest');
  if (principals.all().some((one) => one.displayName === displayName))
    throw new ArmError(400, 'Request_MultipleObjectsWithSameKeyValue', `An application '${displayName}' exists already.`);
  return principals.ensure(displayName);
}

async function addPassword(c: Context<DirectoryEnv>, options: ApplicationOptions): Promise<JsonObject> {
  const { clientId } = requireApplication(c, options);
  const { displayName, endDateTime } = parseBody(passwordSchema, (await readBody(c)) ?? {}, 'Request_BadRequest');
  const end = endDateTime === undefined ? yearsAfter(options.now(), passwordYears) : new Date(endDateTime);
  const { secret, ...added } = options.secrets.add({ clientId, displayName, endDateTime: end.toISOString() });
  return { ...toPassword(added), secretText: secret.reveal() };
}

function yearsAfter(time: Date, years: number): Date {
  return new Date(Date.UTC(time.getUTCFullYear() + years, time.getUTCMonth(), time.getUTCDate(), time.getUTCHours()));
}

function applicationsOf(principals: PrincipalRegistry): readonly Principal[] {
  return principals.all().filter(({ displayName }) => !isOfResource(displayName));
}

/** By the application's id, or by that of its service principal. Throws 403 for a change of what the region itself needs. */
function requireApplication(c: Context<DirectoryEnv>, { principals, ownObjectId }: ApplicationOptions): Principal {
  const id = c.req.param('id') ?? '';
  const found = principals.find(id) ?? requireObject(principals, id);
  const isFixed = found.objectId === ownObjectId || isOfResource(found.displayName);
  if (!isFixed || c.req.method === 'GET') return found;
  throw new ArmError(403, 'Authorization_RequestDenied', `The principal '${found.objectId}' belongs to the region itself.`);
}

function toApplication({ clientId, displayName }: Principal, secrets: ClientSecrets): JsonObject {
  return {
    id: clientId,
    appId: clientId,
    displayName,
    identifierUris: [],
    signInAudience: 'AzureADMyOrg',
    keyCredentials: [],
    passwordCredentials: secrets.of(clientId).map(toPassword),
  };
}
