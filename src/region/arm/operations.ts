import { z } from 'zod';
import type { RegionDatabase } from './database.ts';
import type { ArmErrorDetail } from './errors.ts';
import { sameId } from './ids.ts';
import { json } from './json.ts';
import type { ActionInput, RunningOperation } from './resource-provider.ts';

export type OperationTask =
  | { readonly kind: 'provision' }
  | { readonly kind: 'deprovision' }
  | { readonly kind: 'action'; readonly name: string; readonly input: Required<ActionInput> };

export type OperationStatus = 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';

export interface OperationError {
  readonly code: string;
  readonly message: string;
  readonly details?: readonly ArmErrorDetail[] | undefined;
}

/** A long-running operation. Kept after its end, so that a client that comes late still reads how it went. */
export interface Operation extends RunningOperation {
  readonly id: string;
  /** Operations of one scope run one after another. */
  readonly scope: string;
  readonly task: OperationTask;
  readonly status: OperationStatus;
  readonly error: OperationError | undefined;
  readonly startTime: string;
  readonly endTime: string | undefined;
}

export interface OperationStore {
  find(id: string): Operation | undefined;
  /** InProgress, oldest first. */
  running(): readonly Operation[];
  put(operation: Operation): void;
  /** Forgets what ended before `time` (ISO 8601). */
  forgetEndedBefore(time: string): void;
}

const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  details: z.array(z.object({ code: z.string(), message: z.string(), target: z.string().optional() })).optional(),
});

const taskSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('provision') }),
  z.object({ kind: z.literal('deprovision') }),
  z.object({
    kind: z.literal('action'),
    name: z.string(),
    input: z
      .object({ body: z.unknown().optional(), query: z.record(z.string(), z.string()) })
      .transform(({ body, query }) => ({ body, query })),
  }),
]);

const operationRow = z.object({
  id: z.string(),
  resourceId: z.string(),
  resourceType: z.string(),
  scope: z.string(),
  kind: z.string(),
  task: json(taskSchema),
  status: z.enum(['InProgress', 'Succeeded', 'Failed', 'Canceled']),
  error: json(errorSchema).nullable(),
  startTime: z.string(),
  endTime: z.string().nullable(),
});

const columns = 'id, resourceId, resourceType, scope, kind, task, status, error, startTime, endTime';

export function createOperationStore(database: RegionDatabase): OperationStore {
  const byId = database.query(`SELECT ${columns} FROM operations WHERE id = ?`, operationRow);
  const inProgress = database.query(
    `SELECT ${columns} FROM operations WHERE status = 'InProgress' ORDER BY sequence`,
    operationRow,
  );
  const upsert = database.command(`
    INSERT INTO operations (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, error = excluded.error, endTime = excluded.endTime`);
  const forget = database.command('DELETE FROM operations WHERE endTime < ?');
  return {
    find(id) {
      const row = byId.get(id.toLowerCase());
      return row && toOperation(row);
    },
    running: () => inProgress.all().map(toOperation),
    put(operation) {
      const { id, resourceId, resourceType, scope, kind, task, status, error, startTime, endTime } = operation;
      const failure = error === undefined ? null : JSON.stringify(error);
      upsert(id, resourceId, resourceType, scope, kind, JSON.stringify(task), status, failure, startTime, endTime ?? null);
    },
    forgetEndedBefore: (time) => {
      forget(time);
    },
  };
}

/** The operation that a new request of this scope would have to wait for. */
export function busyIn(store: OperationStore, scope: string): Operation | undefined {
  return store.running().find((operation) => sameId(operation.scope, scope));
}

function toOperation(row: z.infer<typeof operationRow>): Operation {
  return { ...row, error: row.error ?? undefined, endTime: row.endTime ?? undefined };
}
