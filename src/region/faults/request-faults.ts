import { setTimeout as sleep } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { ArmEnv } from '../arm/arm-env.ts';
import { ArmError } from '../arm/errors.ts';
import { decodedPath } from '../arm/request-content.ts';
import type { FaultStore } from './fault-store.ts';
import { faultTargetOf, strikingFaults } from './striking-faults.ts';

const kinds = ['delay', 'throttle', 'fail', 'lose-answer'] as const;

/** Asked before every resource type: makes the requests fail that a fault is for, in the ways in which Azure fails. */
export function createRequestFaults(store: FaultStore): Hono<ArmEnv> {
  return new Hono<ArmEnv>().use('/subscriptions/*', async (c, next) => {
    const target = faultTargetOf(c.req.method, decodedPath(c));
    const striking = target && strikingFaults(store.list(), target, kinds);
    if (striking === undefined || striking.faults.length === 0) return next();
    store.strike(striking.faults);
    c.set(
      'faults',
      striking.faults.map(({ spec }) => spec.kind),
    );
    const delay = striking.find('delay');
    if (delay) await sleep(delay.durationMs, undefined, { signal: c.req.raw.signal });
    const throttle = striking.find('throttle');
    if (throttle) throw throttled(throttle.retryAfterSeconds);
    const fail = striking.find('fail');
    if (fail) throw new ArmError(fail.status, fail.code, fail.message);
    await next();
    return striking.find('lose-answer') ? cutConnection(c) : undefined;
  });
}

function throttled(retryAfterSeconds: number): ArmError {
  return new ArmError(
    429,
    'TooManyRequests',
    `The request is being throttled as the limit has been reached for operation type: try again after ${String(retryAfterSeconds)} seconds.`,
    { retryAfterSeconds },
  );
}

/** Ends the connection under the request, so that the client reads its end instead of an answer. */
function cutConnection(c: Context): Response {
  const { env }: { env: unknown } = c;
  if (isServed(env)) env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** What `@hono/node-server` hands to the application along with each request. */
interface Served {
  readonly incoming: { readonly socket: { destroy(): void } };
}

function isServed(env: unknown): env is Served {
  return typeof env === 'object' && env !== null && 'incoming' in env;
}
