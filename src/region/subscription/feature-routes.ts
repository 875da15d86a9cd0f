import { type Context, Hono } from 'hono';
import type { ArmEnv } from '../arm/arm-env.ts';
import { ArmError } from '../arm/errors.ts';
import { decodedPath } from '../arm/request-content.ts';
import type { JsonObject } from '../arm/resource.ts';
import type { FeatureFlags } from './feature-flags.ts';

interface FeatureRouteOptions {
  readonly features: FeatureFlags;
  readonly subscriptionId: string;
}

/** What a path below `/providers/Microsoft.Features` names. */
interface FeatureTarget {
  /** Only features of this namespace. */
  readonly namespace?: string | undefined;
  readonly feature?: string | undefined;
  readonly verb?: string | undefined;
}

const pattern =
  /^\/subscriptions\/[^/]+\/providers\/microsoft\.features(?:\/providers\/(?<namespace>[^/]+))?\/features(?:\/(?<feature>[^/]+)(?:\/(?<verb>register|unregister))?)?\/?$/i;

/**
 * Microsoft.Features: list all features or those of a namespace, show one, register and unregister it. Not long-running: the answer says
 * `Registering`, and a later look `Registered` (arm-facts 1.2).
 */
export function createFeatureRoutes(options: FeatureRouteOptions): Hono<ArmEnv> {
  const app = new Hono<ArmEnv>();
  app.all('/subscriptions/*', async (c, next) => {
    const target: FeatureTarget | undefined = pattern.exec(decodedPath(c))?.groups;
    return target === undefined ? next() : c.json(answer(c, options, target));
  });
  return app;
}

function answer(c: Context<ArmEnv>, { features, subscriptionId }: FeatureRouteOptions, target: FeatureTarget): JsonObject {
  const scope = `/subscriptions/${subscriptionId}`;
  const verb = target.verb?.toLowerCase();
  if (c.req.method !== (verb === undefined ? 'GET' : 'POST'))
    throw new ArmError(405, 'MethodNotAllowed', `The method ${c.req.method} is not supported for '${c.req.path}'.`);
  const toWire = (name: string): JsonObject => toFeature(name, { scope, state: features.state(name) });
  if (target.feature === undefined) return { value: featuresOf(features, target.namespace).map(toWire) };
  const name = requireFeature(features, target);
  if (verb === 'register') features.register(name);
  if (verb === 'unregister') features.unregister(name);
  return toWire(name);
}

function featuresOf({ names }: FeatureFlags, namespace: string | undefined): readonly string[] {
  if (namespace === undefined) return names;
  return names.filter((name) => name.toLowerCase().startsWith(`${namespace.toLowerCase()}/`));
}

/** Code and words: azure-docs issue 71962. */
function requireFeature({ names }: FeatureFlags, { namespace = '', feature = '' }: FeatureTarget): string {
  const found = names.find((name) => name.toLowerCase() === `${namespace}/${feature}`.toLowerCase());
  if (found === undefined) throw new ArmError(404, 'FeatureNotFound', `The feature '${feature}' could not be found.`);
  return found;
}

function toFeature(name: string, { scope, state }: { readonly scope: string; readonly state: string }): JsonObject {
  const [namespace = '', feature = ''] = name.split('/');
  return {
    id: `${scope}/providers/Microsoft.Features/providers/${namespace}/features/${feature}`,
    name,
    type: 'Microsoft.Features/providers/features',
    properties: { state },
  };
}
