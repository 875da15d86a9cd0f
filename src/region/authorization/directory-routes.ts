import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { ArmError, parseBody, toArmError, toErrorBody } from '../arm/errors.ts';
import { originOf } from '../arm/origin.ts';
import type { Principal } from '../arm/principals.ts';
import { readBody } from '../arm/request-content.ts';
import type { JsonObject } from '../arm/resource.ts';
import type { TokenIssuer } from '../arm/tokens.ts';
import { type ApplicationOptions, createApplicationRoutes, type DirectoryEnv } from './directory-applications.ts';
import { findPrincipals, requireObject, toServicePrincipal } from './directory-objects.ts';

interface DirectoryOptions extends ApplicationOptions {
  readonly tokens: TokenIssuer;
}

/** Ids that are asked for at once, as in Microsoft Graph. */
const idsSchema = z.object({ ids: z.array(z.string().max(100)).max(1000) });

/**
 * What clients need of Microsoft Graph to assign roles (arm-facts 1.9): service principals by id, by that of their application, by
 * name. Below `/graph` of the region's own address, and at the root as `graph.microsoft.com` has it. Its tokens are its own.
 */
export function createDirectoryRoutes(options: DirectoryOptions): Hono {
  const { tokens } = options;
  const app = new Hono<DirectoryEnv>();
  app.onError((error, c) => answerError(c, error));
  for (const base of ['/graph/v1.0', '/v1.0']) {
    app.use(`${base}/*`, async (c, next) => {
      const [, token = ''] = /^bearer (.+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
      const audiences = [`${originOf(c)}/graph`, 'https://graph.microsoft.com', 'https://graph.windows.net'];
      c.set('caller', await tokens.verify(token, audiences));
      await next();
    });
    app.route(base, createObjectRoutes(options));
    app.route(base, createApplicationRoutes(options));
    app.all(`${base}/*`, (c) => {
      throw new ArmError(404, 'Request_ResourceNotFound', `The directory of this region has no '${c.req.path}'.`);
    });
  }
  return new Hono().route('/', app);
}

function createObjectRoutes(options: DirectoryOptions): Hono<DirectoryEnv> {
  const { principals } = options;
  const toObject = (one: Principal): JsonObject => ({
    '@odata.type': '#microsoft.graph.servicePrincipal',
    ...toServicePrincipal(one, options),
  });
  const app = new Hono<DirectoryEnv>();
  app.get('/servicePrincipals', (c) => {
    const found = findPrincipals(principals.all(), c.req.query('$filter'));
    return c.json({ value: found.map((one) => toServicePrincipal(one, options)) });
  });
  app.get('/servicePrincipals/:id', (c) => c.json(toServicePrincipal(requireObject(principals, c.req.param('id')), options)));
  app.get('/directoryObjects/:id', (c) => c.json(toObject(requireObject(principals, c.req.param('id')))));
  app.post('/directoryObjects/getByIds', async (c) => {
    const { ids } = parseBody(idsSchema, await readBody(c), 'Request_BadRequest');
    return c.json({ value: [...new Set(ids)].flatMap((id) => principals.findObject(id) ?? []).map(toObject) });
  });
  for (const kind of ['/users', '/groups']) app.get(kind, (c) => c.json({ value: [] }));
  return app;
}

function answerError(c: Context, thrown: unknown): Response {
  const error = toArmError(thrown);
  return new Response(JSON.stringify(toErrorBody(error, 'arm')), {
    status: error.status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...Object.fromEntries(c.res.headers) },
  });
}
