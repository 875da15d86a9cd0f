import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { messageOf } from '../../base/error.ts';
import type { Logger } from '../../base/log.ts';
import type { ArmEnv } from '../arm/arm-env.ts';
import type { Caller } from '../arm/tokens.ts';
import type { RequestLog } from './request-log.ts';

interface RecordOptions {
  readonly requests: RequestLog;
  /** The name of a principal. */
  readonly nameOf: (clientId: string) => string | undefined;
  readonly now: () => Date;
  readonly log: Logger;
}

const maxPathLength = 2000;
const maxIdLength = 100;

/** Gives every request the ids by which Azure's users find it again, and writes it down with them when it was answered. */
export function recordRequests({ requests, nameOf, now, log }: RecordOptions): MiddlewareHandler<ArmEnv> {
  return async (c, next) => {
    const began = performance.now();
    const time = now().toISOString();
    const requestId = randomUUID();
    const correlationId = shortened(c.req.header('x-ms-correlation-request-id')) ?? randomUUID();
    const clientRequestId = shortened(c.req.header('x-ms-client-request-id') ?? c.req.header('client-request-id'));
    c.header('x-ms-request-id', requestId);
    c.header('x-ms-correlation-request-id', correlationId);
    c.header('Cache-Control', 'no-cache');
    if (clientRequestId !== undefined) c.header('x-ms-client-request-id', clientRequestId);
    await next();
    const caller = callerOf(c);
    const errorCode = c.res.headers.get('x-ms-error-code') ?? undefined;
    try {
      requests.append({
        time,
        method: c.req.method,
        path: c.req.path.slice(0, maxPathLength),
        status: c.res.status,
        durationMs: Math.round((performance.now() - began) * 10) / 10,
        ...(caller && { caller: { objectId: caller.objectId, name: nameOf(caller.clientId) } }),
        requestId,
        correlationId,
        clientRequestId,
        errorCode,
        faults: c.get('faults'),
      });
    } catch (error) {
      // A full disk: the request was answered all the same.
      log.warn({ error: messageOf(error) }, 'request not recorded');
    }
  };
}

/** Nobody where no token is needed, or none was accepted. */
function callerOf(c: Context<ArmEnv>): Caller | undefined {
  return c.get('caller');
}

/** What a client sends goes into a header and a file: printable, and not too much of it. */
function shortened(id: string | undefined): string | undefined {
  return id?.replaceAll(/[^\x20-\x7e]/g, '').slice(0, maxIdLength);
}
