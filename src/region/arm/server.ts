import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getPath } from 'hono/utils/url';
import type { Logger } from '../../base/log.ts';
import type { AccessControl } from './access.ts';
import { createAccessGate } from './access-gate.ts';
import type { ArmEnv } from './arm-env.ts';
import { ArmError, type ErrorShape, toArmError, toErrorBody } from './errors.ts';
import { originOf } from './origin.ts';
import { createResourceRoutes } from './resource-routes.ts';
import type { ResourceManager } from './resource-manager.ts';
import { createSubscriptionRoutes } from './subscriptions.ts';
import type { TokenIssuer } from './tokens.ts';

export interface ArmAppOptions {
  readonly manager: ResourceManager;
  readonly tokens: TokenIssuer;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly location: string;
  readonly retryAfterSeconds: number;
  readonly pageSize: number;
  readonly maxBodyBytes: number;
  /** Routes that need no token: token endpoint, cloud metadata. */
  readonly openRoutes: readonly Hono[];
  /** Routes with a token that are asked before the resource types: features, role assignments and their kind. */
  readonly routes: readonly Hono<ArmEnv>[];
  readonly access: AccessControl;
  /** Around everything: ids and the request log. */
  readonly record: MiddlewareHandler<ArmEnv>;
  readonly log: Logger;
}

/** Audiences that clients of Azure ask for whatever their endpoint is. */
const wellKnownAudiences = ['https://management.azure.com', 'https://management.core.windows.net'];

/** The whole API as one fetch handler; it listens nowhere. Its addresses follow the `Host` header of each request. */
export function createArmApp(options: ArmAppOptions): Hono<ArmEnv> {
  const app = new Hono<ArmEnv>({ getPath: pathOf });
  app.use(options.record);
  app.use(bodyLimit({ maxSize: options.maxBodyBytes, onError: () => refuseBody(options.maxBodyBytes) }));
  app.onError((error, c) => answerError(c, error, options));
  app.notFound((c) =>
    answerError(c, new ArmError(404, 'NotFound', `The path '${c.req.path}' names nothing in this region.`), options),
  );
  for (const open of options.openRoutes) app.route('/', open);
  app.use(authenticate(options.tokens), requireApiVersion, createAccessGate(options));
  app.route('/', createSubscriptionRoutes(options));
  for (const routes of options.routes) app.route('/', routes);
  app.route('/', createResourceRoutes(options));
  return app;
}

/** The SDKs put a slash in front of ids that begin with one. */
function pathOf(request: Request): string {
  return getPath(request).replace(/^\/{2,}/, '/');
}

function authenticate(tokens: TokenIssuer): MiddlewareHandler<ArmEnv> {
  return async (c, next) => {
    const [scheme = '', token = ''] = (c.req.header('authorization') ?? '').split(' ');
    if (scheme.toLowerCase() !== 'bearer' || token === '')
      throw new ArmError(
        401,
        'AuthenticationFailed',
        "Authentication failed. The 'Authorization' header is missing or is no bearer token.",
      );
    c.set('caller', await tokens.verify(token, [originOf(c), ...wellKnownAudiences]));
    await next();
  };
}

const requireApiVersion: MiddlewareHandler<ArmEnv> = async (c, next) => {
  const [, version] = Object.entries(c.req.query()).find(([name]) => name.toLowerCase() === 'api-version') ?? [];
  if (version === undefined || version === '')
    throw new ArmError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  if (!/^\d{4}-\d{2}-\d{2}(-[a-z0-9.-]+)?$/i.test(version))
    throw new ArmError(
      400,
      'InvalidApiVersionParameter',
      `The api-version '${version.slice(0, 50)}' is invalid; expected a date such as 2024-05-01.`,
    );
  await next();
};

function refuseBody(maxBytes: number): never {
  throw new ArmError(413, 'RequestContentTooLarge', `The request body is larger than ${String(maxBytes)} bytes.`);
}

function answerError(c: Context, thrown: unknown, { manager, log, tenantId, retryAfterSeconds }: ArmAppOptions): Response {
  const error = toArmError(thrown);
  if (error.status >= 500) log.error({ path: c.req.path, err: error.cause ?? error }, 'request failed');
  c.header('x-ms-error-code', error.code);
  if (isPassing(error)) c.header('Retry-After', String(error.retryAfterSeconds ?? retryAfterSeconds));
  if (error.status === 401) c.header('WWW-Authenticate', `Bearer authorization_uri="${originOf(c)}/${tenantId}"`);
  return new Response(JSON.stringify(toErrorBody(error, shapeOf(error, c.req.path, manager))), {
    status: error.status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...Object.fromEntries(c.res.headers) },
  });
}

/** Whether the same request may succeed later: clients then wait as long as they are told. */
function isPassing({ status, retryAfterSeconds }: ArmError): boolean {
  return status === 429 || status >= 500 || retryAfterSeconds !== undefined;
}

/** A service with flat errors answers so for everything under its namespace that comes as far as the service. */
function shapeOf({ status }: ArmError, path: string, manager: ResourceManager): ErrorShape {
  if (status === 401 || status === 403) return 'arm';
  const namespaces = [...path.toLowerCase().matchAll(/\/providers\/([^/]+)/g)].map((match) => match[1] ?? '');
  const isFlat = manager.table.providers.some(
    ({ type, errorShape }) => errorShape === 'flat' && namespaces.at(-1) === type.toLowerCase().split('/')[0],
  );
  return isFlat ? 'flat' : 'arm';
}
