import { type Context, Hono } from 'hono';
import type { ArmEnv } from '../arm/arm-env.ts';
import { ArmError } from '../arm/errors.ts';
import { decodedPath } from '../arm/request-content.ts';
import type { JsonObject } from '../arm/resource.ts';
import { type ProviderRegistration, registrationsOf, toProvider } from './provider-registrations.ts';

interface ProviderRouteOptions {
  /** Every type that the region answers for: `Microsoft.Network/virtualNetworks/subnets`. */
  readonly types: readonly string[];
  readonly subscriptionId: string;
  readonly location: string;
}

/** What a path that ends in `/providers[/NAMESPACE[/register]]` names. */
interface ProviderTarget {
  readonly namespace?: string | undefined;
  readonly verb?: string | undefined;
}

const pattern = /^\/subscriptions\/[^/]+\/providers(?:\/(?<namespace>[^/]+)(?:\/(?<verb>register|unregister))?)?\/?$/i;

/** Resource providers: list, show, register (arm-facts 1.3). All of them are registered from the beginning, so that registering says so. */
export function createProviderRoutes(options: ProviderRouteOptions): Hono<ArmEnv> {
  const app = new Hono<ArmEnv>();
  const registrations = registrationsOf(options.types);
  app.all('/subscriptions/*', async (c, next) => {
    const target: ProviderTarget | undefined = pattern.exec(decodedPath(c))?.groups;
    return target === undefined ? next() : c.json(answer(c, { ...options, registrations }, target));
  });
  return app;
}

interface AnswerOptions extends ProviderRouteOptions {
  readonly registrations: readonly ProviderRegistration[];
}

function answer(c: Context<ArmEnv>, options: AnswerOptions, { namespace, verb }: ProviderTarget): JsonObject {
  const { registrations } = options;
  if (c.req.method !== (verb === undefined ? 'GET' : 'POST'))
    throw new ArmError(405, 'MethodNotAllowed', `The method ${c.req.method} is not supported for '${c.req.path}'.`);
  if (namespace === undefined) return { value: registrations.map((registration) => toProvider(registration, options)) };
  const registration = requireNamespace(registrations, namespace);
  if (verb?.toLowerCase() === 'unregister')
    throw new ArmError(
      409,
      'NotSupportedInThisRegion',
      `The resource provider '${registration.namespace}' cannot be unregistered: in this region all are registered, always.`,
    );
  return toProvider(registration, options);
}

function requireNamespace(registrations: readonly ProviderRegistration[], namespace: string): ProviderRegistration {
  const found = registrations.find((one) => one.namespace.toLowerCase() === namespace.toLowerCase());
  if (found !== undefined) return found;
  throw new ArmError(
    404,
    'InvalidResourceNamespace',
    `The resource namespace '${namespace}' is invalid: this region does not have it.`,
  );
}
