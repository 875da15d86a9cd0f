import { z } from 'zod';
import { SegwError } from '../base/error.ts';
import type { MaintenanceEvent } from './maintenance.ts';

/** What a node asks the cloud about itself. Every method throws `MetadataService`. */
export interface MetadataService {
  /** As events name it: `aks-gwpool-12345678-vmss_0`. */
  instanceName(signal: AbortSignal): Promise<string>;
  events(signal: AbortSignal): Promise<readonly MaintenanceEvent[]>;
  /** Agrees that these events begin now. */
  start(ids: readonly string[], signal: AbortSignal): Promise<void>;
}

const apiVersion = '2020-07-01';
/** Azure may take two minutes for the first answer about events, in which it switches them on for the machine. */
const limitMs = 150_000;

const compute = z.object({ name: z.string().min(1) });
const document = z.object({
  Events: z.array(
    z
      .object({
        EventId: z.string(),
        EventType: z.string(),
        EventStatus: z.string(),
        Resources: z.array(z.string()).default([]),
      })
      .transform(({ EventId: id, EventType: type, EventStatus: status, Resources: instances }): MaintenanceEvent => ({
        id,
        type,
        status,
        instances,
      })),
  ),
});

/** Azure's instance metadata service at `url`, usually `http://169.254.169.254`. Source: learn.microsoft.com, "Scheduled Events for Linux VMs". */
export function createMetadataService(url: string): MetadataService {
  const ask = async (doing: string, path: string, init: RequestInit & { readonly signal: AbortSignal }): Promise<Response> => {
    try {
      const response = await fetch(`${url}/metadata/${path}?api-version=${apiVersion}`, {
        ...init,
        headers: { Metadata: 'true' },
        signal: AbortSignal.any([init.signal, AbortSignal.timeout(limitMs)]),
      });
      if (response.ok) return response;
      throw new Error(`HTTP ${String(response.status)}: ${(await response.text()).slice(0, 200)}`);
    } catch (error) {
      throw new SegwError('MetadataService', `${doing}: ${describe(error)}`, { cause: error, retryable: true });
    }
  };
  const read = async <T>(what: string, path: string, shape: z.ZodType<T>, signal: AbortSignal): Promise<T> => {
    const text = await (await ask(`read ${what}`, path, { signal })).text();
    try {
      return shape.parse(JSON.parse(text));
    } catch (error) {
      const message = `read ${what}: the answer is not what was expected: ${text.slice(0, 200)}`;
      throw new SegwError('MetadataService', message, { cause: error, retryable: true });
    }
  };
  return {
    instanceName: async (signal) => (await read('the name of the instance', 'instance/compute', compute, signal)).name,
    events: async (signal) => (await read('scheduled events', 'scheduledevents', document, signal)).Events,
    start: async (ids, signal) => {
      const body = JSON.stringify({ StartRequests: ids.map((EventId) => ({ EventId })) });
      await ask('agree to scheduled events', 'scheduledevents', { method: 'POST', body, signal });
    },
  };
}

/** `fetch failed` says nothing; its cause does. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
