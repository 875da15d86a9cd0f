import type { MiddlewareHandler } from 'hono';
import { type AccessControl, accessOf } from './access.ts';
import type { ArmEnv } from './arm-env.ts';
import { ArmError } from './errors.ts';
import { sameId } from './ids.ts';
import { decodedPath } from './request-content.ts';
import { subscriptionNotFound } from './resource-errors.ts';

interface GateOptions {
  readonly access: AccessControl;
  readonly subscriptionId: string;
}

/** Every call with a token passes here before anything looks at it, whatever answers it: nothing has to ask for itself. */
export function createAccessGate({ access, subscriptionId }: GateOptions): MiddlewareHandler<ArmEnv> {
  return async (c, next) => {
    const { method, path: raw } = c.req;
    // A name with a slash in it would be one segment to some and two to others.
    if (/%2f/i.test(raw)) throw new ArmError(400, 'InvalidRequestUri', 'The path has an escaped slash.');
    const path = decodedPath(c).replace(/\/+$/, '');
    const given = /^\/subscriptions\/(?<id>[^/]+)/i.exec(path)?.groups?.['id'];
    if (given !== undefined && !sameId(given, subscriptionId)) throw subscriptionNotFound(given);
    const needed = accessOf(method, path, `/subscriptions/${subscriptionId}`);
    if (needed !== undefined) {
      const request = { ...needed, caller: c.get('caller') };
      access.authorize(request);
      c.set('access', request);
    }
    await next();
  };
}
