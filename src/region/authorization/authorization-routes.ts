import { type Context, Hono } from 'hono';
import { SegwError } from '../../base/error.ts';
import type { ArmEnv } from '../arm/arm-env.ts';
import { ArmError } from '../arm/errors.ts';
import { readResourceId } from '../arm/ids.ts';
import type { PrincipalRegistry } from '../arm/principals.ts';
import { decodedPath, readBody } from '../arm/request-content.ts';
import type { ResourceManager } from '../arm/resource-manager.ts';
import type { Authorization } from './authorization.ts';
import type { ExtensionCollection } from './extension-collection.ts';
import { createRoleAssignmentCollection } from './role-assignment-collection.ts';
import { createRoleDefinitionCollection } from './role-definition-collection.ts';

interface RouteOptions extends Authorization {
  readonly principals: PrincipalRegistry;
  readonly manager: ResourceManager;
  readonly tenantId: string;
  readonly now: () => Date;
}

interface Target {
  readonly collection: ExtensionCollection;
  /** Spelled as stored; empty for `/`. */
  readonly scope: string;
  readonly name: string | undefined;
}

const targetPattern =
  /^(?<scope>.*)\/providers\/microsoft\.authorization\/(?<type>roledefinitions|roleassignments)(?:\/(?<name>[^/]+))?\/?$/i;
const guidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `{scope}/providers/Microsoft.Authorization/roleDefinitions|roleAssignments[/{guid}]`, the scope being anything that exists, or nothing. */
export function createAuthorizationRoutes(options: RouteOptions): Hono<ArmEnv> {
  const collections: Readonly<Record<string, ExtensionCollection>> = {
    roledefinitions: createRoleDefinitionCollection(options),
    roleassignments: createRoleAssignmentCollection(options),
  };
  return new Hono<ArmEnv>().use(async (c, next) => {
    const { scope, type, name } = targetPattern.exec(decodedPath(c))?.groups ?? {};
    const collection = collections[type?.toLowerCase() ?? ''];
    if (collection === undefined) return next();
    return answer(c, { collection, scope: storedScope(options.manager, scope ?? ''), name });
  });
}

/** Throws 404 when nothing is there. */
function storedScope(manager: ResourceManager, scope: string): string {
  if (scope === '') return '';
  const id = readResourceId(scope.split('/').slice(1));
  if (id === undefined) throw new ArmError(400, 'InvalidScope', `'${scope}' is no scope.`);
  if (id.namespace === undefined && id.resourceGroup === undefined) return `/subscriptions/${id.subscriptionId.toLowerCase()}`;
  return manager.get(id).resource.id;
}

async function answer(c: Context<ArmEnv>, { collection, scope, name }: Target): Promise<Response> {
  const { method } = c.req;
  if (name === undefined && method === 'GET') return c.json({ value: collection.list(scope, c.req.query('$filter')) });
  if (name === undefined || !['GET', 'PUT', 'DELETE'].includes(method))
    throw new ArmError(405, 'MethodNotAllowed', `The method ${method} is not supported for '${c.req.path}'.`);
  const key = name.toLowerCase();
  if (method === 'GET') return c.json(collection.get(scope, key));
  if (method === 'PUT') return answerPut(c, { collection, scope, name: key });
  const removed = collection.remove(scope, key);
  return removed === undefined ? c.body(null, 204) : c.json(removed);
}

async function answerPut(c: Context<ArmEnv>, { collection, scope, name }: Target & { readonly name: string }): Promise<Response> {
  if (!guidPattern.test(name))
    throw new ArmError(400, 'InvalidRoleAssignmentId', `The ID '${name.slice(0, 100)}' is not valid. It must be a GUID.`);
  const request = c.get('access');
  if (request === undefined) throw new SegwError('Internal', 'a write passed the gate without a look at it');
  const { body, status } = collection.put({ scope, name, body: await readBody(c), request });
  return c.json(body, status);
}
