import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from '../../base/log.ts';
import { ArmError } from '../arm/errors.ts';
import type { PrincipalRegistry } from '../arm/principals.ts';
import type { ResourceView } from '../arm/resource.ts';
import type { TokenIssuer } from '../arm/tokens.ts';
import { parseFormat, partOf, renderPart } from './document-path.ts';
import { eventDocument, parseStartRequests } from './event-document.ts';
import { issueIdentityToken } from './identity-token.ts';
import { instanceDocument } from './instance-document.ts';
import { loadBalancerDocument } from './load-balancer-document.ts';
import { findCaller, type MetadataCaller, type MetadataSource } from './metadata-caller.ts';
import { badRequest, type MetadataCategory, MetadataError } from './metadata-error.ts';
import { createRequestBudget } from './request-budget.ts';
import type { ScheduledEvents } from './scheduled-events.ts';

export interface MetadataServiceOptions {
  readonly view: ResourceView;
  readonly principals: Pick<PrincipalRegistry, 'find'>;
  readonly tokens: Pick<TokenIssuer, 'issue'>;
  readonly events: ScheduledEvents;
  readonly tenantId: string;
  readonly now: () => Date;
  readonly log: Logger;
}

/** Who serves it says where each request comes from. */
export interface MetadataEnv {
  Bindings: MetadataSource;
  Variables: { readonly caller: MetadataCaller };
}

export type MetadataService = Hono<MetadataEnv>;

/** Versions of the API that this one is modelled after, the newest first; any other date is taken as well. */
const versions = ['2021-10-01', '2020-10-01', '2020-07-01', '2018-02-01'] as const;
const newest = 3;
const maxBodyBytes = 64 * 1024;
/** Requests of one machine in a second (docs, "Rate limiting"). */
const limits: Readonly<Record<MetadataCategory, number>> = { identity: 20, other: 5 };

/**
 * The instance metadata service: what a machine finds at `http://169.254.169.254`. Who asks is known by the source address of the
 * request alone. Every request needs `Metadata: true`, must not have been forwarded, and names an `api-version`.
 */
export function createMetadataService(options: MetadataServiceOptions): MetadataService {
  const { view, events, tenantId, log } = options;
  const app = new Hono<MetadataEnv>({ strict: false });
  app.onError((error, c) => answerError(c, error, log));
  app.notFound((c) => c.json({ error: 'Not found' }, 404));
  app.use(requestLog(log), requireHeaders);
  app.get('/metadata/versions', (c) => c.json({ apiVersions: versions.toReversed() }));
  app.use('/metadata/*', requireVersion, identify(view), limitRequests(options));

  app.get('/metadata/instance/*', (c) => {
    const part = partOf(instanceDocument(c.var.caller, view), c.req.path.split('/').slice(3).filter(Boolean));
    const { contentType, text } = renderPart(part, parseFormat(queryOf(c, 'format')));
    return c.body(text, 200, { 'Content-Type': contentType });
  });
  app.get('/metadata/loadbalancer', (c) => c.json(loadBalancerDocument(c.var.caller, view)));
  app.get('/metadata/identity/info', (c) => c.json({ tenantId }));
  app.get('/metadata/identity/oauth2/token', async (c) =>
    c.json(await issueIdentityToken(c.req.query(), c.var.caller.scaleSet.state.principals, options)),
  );
  app.get('/metadata/scheduledevents', (c) => {
    const { caller } = c.var;
    return c.json(eventDocument(events.documentOf(caller.scaleSet.state.uniqueId), caller, view));
  });
  app.post('/metadata/scheduledevents', bodyLimit({ maxSize: maxBodyBytes, onError: refuseBody }), async (c) => {
    events.acknowledge(c.var.caller.scaleSet.state.uniqueId, parseStartRequests(await c.req.text()));
    return c.body(null, 200);
  });
  for (const path of servedPaths) app.all(path, refuseMethod);
  return app;
}

const servedPaths = [
  '/metadata/versions',
  '/metadata/instance/*',
  '/metadata/loadbalancer',
  '/metadata/identity/info',
  '/metadata/identity/oauth2/token',
  '/metadata/scheduledevents',
] as const;

function requestLog(log: Logger): MiddlewareHandler<MetadataEnv> {
  return async (c, next) => {
    await next();
    const { method, path } = c.req;
    log.debug({ method, path, status: c.res.status, source: c.env.address, network: c.env.networkKey }, 'metadata request');
  };
}

/** A request that somebody was made to forward must not get at tokens: that is what the two headers are about. */
const requireHeaders: MiddlewareHandler<MetadataEnv> = async (c, next) => {
  const category = categoryOf(c);
  if (c.req.header('metadata')?.toLowerCase() !== 'true') throw badRequest(category, 'Required metadata header not specified');
  if (c.req.header('x-forwarded-for') !== undefined)
    throw badRequest(category, 'Requests with the header X-Forwarded-For are not answered');
  await next();
};

const requireVersion: MiddlewareHandler<MetadataEnv> = async (c, next) => {
  const version = queryOf(c, 'api-version');
  if (version === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(version)) {
    const reason = `api-version ${version === undefined ? 'was not specified in the request' : 'is invalid'}.`;
    const { body } = badRequest(categoryOf(c), `${reason} For more information refer to aka.ms/azureimds`);
    throw new MetadataError(400, { ...body, 'newest-versions': versions.slice(0, newest) });
  }
  await next();
};

function identify(view: ResourceView): MiddlewareHandler<MetadataEnv> {
  return async (c, next) => {
    const caller = findCaller(view, c.env);
    if (caller === undefined) throw new MetadataError(404, { error: `No instance has the address ${c.env.address}` });
    c.set('caller', caller);
    await next();
  };
}

function limitRequests({ now }: Pick<MetadataServiceOptions, 'now'>): MiddlewareHandler<MetadataEnv> {
  const budgets = {
    identity: createRequestBudget({ perSecond: limits.identity, now }),
    other: createRequestBudget({ perSecond: limits.other, now }),
  };
  return async (c, next) => {
    if (!budgets[categoryOf(c)].take(c.var.caller.instance.state.vmId)) {
      c.header('Retry-After', '1');
      throw new MetadataError(429, { error: 'Too many requests' });
    }
    await next();
  };
}

function categoryOf(c: Context): MetadataCategory {
  return c.req.path.toLowerCase().startsWith('/metadata/identity') ? 'identity' : 'other';
}

/** Names of query variables in any case. */
function queryOf(c: Context, name: string): string | undefined {
  return Object.entries(c.req.query()).find(([key]) => key.toLowerCase() === name)?.[1];
}

function refuseMethod(): never {
  throw new MetadataError(405, { error: 'Method not allowed' });
}

function refuseBody(): never {
  throw new MetadataError(413, { error: `The body is larger than ${String(maxBodyBytes)} bytes` });
}

function answerError(c: Context, thrown: Error, log: Logger): Response {
  if (thrown instanceof MetadataError) return c.json(thrown.body, thrown.status);
  if (thrown instanceof ArmError) return c.json({ error: `Bad request. ${thrown.message}` }, 400);
  log.error({ path: c.req.path, err: thrown }, 'metadata request failed');
  return c.json({ error: 'Internal error' }, 500);
}
