import { type Context, Hono } from 'hono';
import type { Access, AccessControl } from './access.ts';
import { ArmError } from './errors.ts';
import type { Preconditions } from './etag.ts';
import { filteredList, toExpandedWire } from './list-queries.ts';
import { formatResourceId, parseResourceId, type ResourceId, resourceGroupId, typeOf } from './ids.ts';
import { findByName } from './operation-begin.ts';
import { answerOperation, operationHeaders } from './operation-routes.ts';
import { originOf } from './origin.ts';
import { pageOf } from './paging.ts';
import { resourceNotFound } from './resource-errors.ts';
import { decodedPath, readBody } from './request-content.ts';
import type { ResourceManager } from './resource-manager.ts';
import type { JsonObject } from './resource.ts';
import type { ArmEnv } from './arm-env.ts';
import { listEverything, toGenericResource } from '../subscription/resource-listing.ts';
import { parseTarget, type Target } from './targets.ts';

interface RouteOptions {
  readonly manager: ResourceManager;
  readonly location: string;
  readonly retryAfterSeconds: number;
  readonly pageSize: number;
  readonly access: AccessControl;
}

type ArmContext = Context<ArmEnv>;
type Of<Kind extends Target['kind']> = Extract<Target, { kind: Kind }>;

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']);

/** Every path under `/subscriptions/` that names a resource, a list, an action or an operation. */
export function createResourceRoutes(options: RouteOptions): Hono<ArmEnv> {
  const app = new Hono<ArmEnv>();
  app.all('/subscriptions/*', async (c) => {
    const target = parseTarget(decodedPath(c));
    if (target === undefined) throw new ArmError(404, 'NotFound', `The path '${c.req.path}' names no resource.`);
    return answer(c, options, target);
  });
  return app;
}

async function answer(c: ArmContext, options: RouteOptions, target: Target): Promise<Response> {
  if (target.kind === 'operation') return answerOperation(c, options, target);
  if (target.kind === 'everything') return answerEverything(c, options, target);
  return target.kind === 'member' ? answerMember(c, options, target) : answerResource(c, options, target.id);
}

async function answerResource(c: ArmContext, options: RouteOptions, id: ResourceId): Promise<Response> {
  const { manager } = options;
  if (!methods.has(c.req.method)) methodNotAllowed(c);
  switch (c.req.method) {
    case 'PUT':
    case 'PATCH':
      return answerPut(c, options, id);
    case 'DELETE':
      return answerDelete(c, options, id);
    case 'HEAD':
      if (id.namespace !== undefined) break;
      manager.get(id);
      return c.body(null, 204);
  }
  const derived = manager.table.derived(typeOf(id));
  if (derived === undefined) return c.json(toExpandedWire(manager, manager.get(id).resource, c.req.query('$expand')));
  const found = derived.get(formatResourceId(id), manager.store);
  if (found === undefined) throw resourceNotFound(id, { isFlat: false });
  return c.json(found);
}

async function answerPut(c: ArmContext, options: RouteOptions, id: ResourceId): Promise<Response> {
  const { manager } = options;
  const isPatch = c.req.method === 'PATCH';
  const body = await readBody(c);
  if (body === undefined)
    throw new ArmError(400, 'InvalidRequestContent', 'The request content is empty; a JSON object is expected.');
  const put = { id, body, isPatch, preconditions: preconditionsOf(c), checkLinks: linkCheck(c, options.access) };
  const { resource, isNew, operation } = manager.put(put);
  // With both headers, the JavaScript SDK would take Location for where the resource is.
  if (operation !== undefined) setHeaders(c, operationHeaders(c, options, operation, ['status']));
  return c.json(manager.toWire(manager.store.get(resource.id) ?? resource), isNew ? 201 : 200);
}

async function answerDelete(c: ArmContext, options: RouteOptions, id: ResourceId): Promise<Response> {
  const outcome = await options.manager.remove(id, preconditionsOf(c));
  if (outcome === 'removed') return c.body(null, 200);
  if (outcome === 'absent') {
    if (id.namespace === undefined) throw resourceNotFound(id, { isFlat: false });
    return c.body(null, 204);
  }
  setHeaders(c, operationHeaders(c, options, outcome, ['status', 'result']));
  return c.body(null, 202);
}

async function answerMember(c: ArmContext, options: RouteOptions, target: Of<'member'>): Promise<Response> {
  if (c.req.method === 'POST') return answerAction(c, options, target);
  if (c.req.method !== 'GET') return methodNotAllowed(c);
  const { manager } = options;
  const { owner, under, type, name } = target;
  const provider = owner && manager.table.find(typeOf(owner));
  const read = findByName(provider?.reads, name)?.[1];
  if (owner !== undefined && read !== undefined) return c.json(read.toWire(manager.get(owner).resource, manager.store));
  requireAbove(manager, under);
  const derived = manager.table.derived(type);
  if (derived !== undefined) return c.json(page(c, options, { all: derived.list(under, manager.store), toWire: (item) => item }));
  manager.table.require(type);
  // Wire forms are made for one page only: each may look at much of the store.
  const stored = manager.store.list(type, under);
  const all = filteredList(manager, stored, c.req.query('$filter'));
  const expand = c.req.query('$expand');
  return c.json(page(c, options, { all, toWire: (resource) => toExpandedWire(manager, resource, expand) }));
}

function answerEverything(c: ArmContext, options: RouteOptions, { under }: Of<'everything'>): Response {
  if (c.req.method !== 'GET') return methodNotAllowed(c);
  const { manager } = options;
  requireAbove(manager, under);
  const all = listEverything(manager, under, c.req.query('$filter'));
  const expand = c.req.query('$expand');
  return c.json(page(c, options, { all, toWire: (resource) => toGenericResource(manager, resource, expand) }));
}

async function answerAction(c: ArmContext, options: RouteOptions, { owner, name }: Of<'member'>): Promise<Response> {
  if (owner === undefined) return methodNotAllowed(c);
  const outcome = await options.manager.act(owner, name, { body: await readBody(c), query: c.req.query() });
  if ('reply' in outcome) return c.json(outcome.reply);
  setHeaders(c, operationHeaders(c, options, outcome.operation, ['status', 'result']));
  return c.body(null, 202);
}

/** A list below something that does not exist is 404, not empty. */
function requireAbove(manager: ResourceManager, under: string): void {
  const id = parseResourceId(under, 'id');
  if (id.resourceGroup === undefined) return;
  manager.get(parseResourceId(resourceGroupId(id), 'id'));
  if (id.namespace === undefined || manager.store.get(under) !== undefined) return;
  if (manager.table.derived(typeOf(id))?.get(under, manager.store) !== undefined) return;
  throw resourceNotFound(id, { isFlat: manager.table.find(typeOf(id))?.errorShape === 'flat' });
}

/** `value` is there even when it is empty. */
function page<Item extends { readonly id?: unknown }>(
  c: ArmContext,
  { pageSize }: RouteOptions,
  { all, toWire }: { readonly all: readonly Item[]; readonly toWire: (item: Item) => JsonObject },
): JsonObject {
  const url = new URL(c.req.url);
  const skipToken = c.req.query('$skiptoken');
  const { items, nextLink } = pageOf(all, {
    skipToken,
    pageSize: Math.min(pageSize, topOf(c) ?? pageSize),
    url: new URL(url.pathname + url.search, originOf(c)),
  });
  return { value: items.map((item) => toWire(item)), ...(nextLink === undefined ? {} : { nextLink }) };
}

/** `$top`: at most so many items in a page. Throws 400. */
function topOf(c: ArmContext): number | undefined {
  const text = c.req.query('$top');
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new ArmError(400, 'InvalidParameter', `$top: "${text.slice(0, 50)}" is not a positive whole number.`, { target: '$top' });
}

function linkCheck(c: ArmContext, access: AccessControl): (links: readonly Access[]) => void {
  const request = c.get('access');
  return (links) => {
    if (request !== undefined) access.authorizeLinks(request, links);
  };
}

function preconditionsOf(c: ArmContext): Preconditions {
  return { ifMatch: c.req.header('if-match'), ifNoneMatch: c.req.header('if-none-match') };
}

function setHeaders(c: ArmContext, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
}

function methodNotAllowed(c: ArmContext): never {
  throw new ArmError(405, 'MethodNotAllowed', `The method ${c.req.method} is not supported for '${c.req.path}'.`);
}
