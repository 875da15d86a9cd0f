import { randomUUID } from 'node:crypto';
import type { Logger } from '../../base/log.ts';
import { ArmError, toArmError } from './errors.ts';
import { idKey, sameId } from './ids.ts';
import type { Operation, OperationError, OperationStore, OperationTask } from './operations.ts';

/** Carries operations out in the background: one at a time per scope, in the order in which they were begun. */
export interface OperationRunner {
  begin(operation: NewOperation): Operation;
  /** Resolves with the operation's end; rejects when `signal` aborts first. */
  settled(operation: Operation, signal: AbortSignal): Promise<Operation>;
  /** Ends the operations of this resource that are not deletions as Canceled. */
  cancel(resourceId: string): void;
  /** Takes up what was in progress when the region stopped. */
  resume(): void;
  /** Aborts what runs and waits for it; it stays in progress in the store. */
  stop(): Promise<void>;
}

export interface NewOperation {
  readonly resourceId: string;
  readonly resourceType: string;
  readonly scope: string;
  readonly kind: string;
  readonly task: OperationTask;
}

interface RunnerOptions {
  readonly operations: OperationStore;
  /** Does the work; what it throws is the operation's error. */
  readonly execute: (operation: Operation, signal: AbortSignal) => Promise<void>;
  /** Writes the end down, the operation's and its resource's at once. */
  readonly settle: (operation: Operation) => void;
  readonly now: () => Date;
  readonly log: Logger;
}

interface Execution {
  readonly operation: Operation;
  readonly canceller: AbortController;
  readonly ended: Promise<Operation>;
}

/** How long the end of an operation can still be read. */
const retentionMs = 24 * 3_600_000;

export function createOperationRunner(options: RunnerOptions): OperationRunner {
  const { operations, now } = options;
  const stopper = new AbortController();
  const executions = new Map<string, Execution>();
  const lastOfScope = new Map<string, Promise<Operation>>();

  function enqueue(operation: Operation): void {
    const scope = idKey(operation.scope);
    const canceller = new AbortController();
    const before = lastOfScope.get(scope);
    const ended = (async () => {
      await before;
      return runOperation(options, operation, { stopped: stopper.signal, canceled: canceller.signal });
    })();
    lastOfScope.set(scope, ended);
    executions.set(operation.id, { operation, canceller, ended });
    void forgetAfter(ended, operation.id, scope);
  }

  async function forgetAfter(ended: Promise<Operation>, id: string, scope: string): Promise<void> {
    await ended;
    executions.delete(id);
    if (lastOfScope.get(scope) === ended) lastOfScope.delete(scope);
  }

  return {
    begin(request) {
      const operation: Operation = {
        ...request,
        id: randomUUID(),
        status: 'InProgress',
        error: undefined,
        startTime: now().toISOString(),
        endTime: undefined,
      };
      operations.put(operation);
      enqueue(operation);
      return operation;
    },
    settled: async (operation, signal) => {
      const execution = executions.get(operation.id);
      if (execution === undefined) return operations.find(operation.id) ?? operation;
      return raceAbort(execution.ended, signal);
    },
    cancel(resourceId) {
      for (const { operation, canceller } of executions.values())
        if (sameId(operation.resourceId, resourceId) && operation.task.kind !== 'deprovision') canceller.abort();
    },
    resume() {
      operations.forgetEndedBefore(new Date(now().getTime() - retentionMs).toISOString());
      for (const operation of operations.running()) enqueue(operation);
    },
    async stop() {
      stopper.abort();
      await Promise.all([...executions.values()].map(async ({ ended }) => ended));
    },
  };
}

async function runOperation(
  { execute, settle, now, log }: RunnerOptions,
  operation: Operation,
  { stopped, canceled }: { readonly stopped: AbortSignal; readonly canceled: AbortSignal },
): Promise<Operation> {
  if (stopped.aborted) return operation;
  const signal = AbortSignal.any([stopped, canceled]);
  const failure = canceled.aborted ? canceledError() : await failureOf(async () => execute(operation, signal));
  if (stopped.aborted && failure !== undefined) return operation;
  const error = canceled.aborted && failure !== undefined ? canceledError() : failure;
  const ended: Operation = {
    ...operation,
    status: endStatus(error, canceled.aborted),
    error: error && toOperationError(error),
    endTime: now().toISOString(),
  };
  settle(ended);
  report(log, ended, failure);
  return ended;
}

async function failureOf(work: () => Promise<void>): Promise<ArmError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return toArmError(error);
  }
}

function endStatus(error: ArmError | undefined, isCanceled: boolean): Operation['status'] {
  if (error === undefined) return 'Succeeded';
  return isCanceled ? 'Canceled' : 'Failed';
}

function canceledError(): ArmError {
  return new ArmError(409, 'OperationPreempted', 'The operation was given up because the resource is being deleted.');
}

function toOperationError({ code, message, details }: ArmError): OperationError {
  return { code, message, ...(details.length === 0 ? {} : { details }) };
}

function report(log: Logger, operation: Operation, failure: ArmError | undefined): void {
  const { id, resourceId, kind, status, error } = operation;
  const entry = { operation: id, resource: resourceId, kind, status };
  if (error === undefined) log.info(entry, 'operation ended');
  else log.warn({ ...entry, error, cause: failure?.cause }, 'operation failed');
}

async function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
