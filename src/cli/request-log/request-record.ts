import { z } from 'zod';

const record = z.object({
  time: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.int(),
  durationMs: z.number(),
  caller: z.object({ objectId: z.string(), name: z.string().optional() }).optional(),
  requestId: z.string(),
  correlationId: z.string(),
  clientRequestId: z.string().optional(),
  errorCode: z.string().optional(),
  faults: z.array(z.string()).optional(),
});

/** A line of the region's request log. */
export type RequestRecord = z.infer<typeof record>;

/** undefined for a line that a killed region left half written. */
export function parseRecord(line: string): RequestRecord | undefined {
  try {
    return record.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** What somebody wants to see of the log. */
export interface RecordFilter {
  /** Only refusals. */
  readonly failed: boolean;
  /** Any id of the request: `x-ms-request-id`, correlation, client's. */
  readonly id: string | undefined;
}

export function isWanted({ status, requestId, correlationId, clientRequestId }: RequestRecord, filter: RecordFilter): boolean {
  if (filter.failed && status < 400) return false;
  return filter.id === undefined || [requestId, correlationId, clientRequestId].includes(filter.id);
}
