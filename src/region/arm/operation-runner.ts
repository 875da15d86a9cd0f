import { randomUUID } from 'node:crypto';
import type { Logger } from '../../base/log.ts';
import { ArmError, toArmError } from './errors.ts';
import { sameId } from './ids.ts';
import type { Operation, OperationError, OperationStore, OperationTask } from './operations.ts';
import { createScopeTurns, type Place } from './scope-turns.ts';

/** Carries operations out in the background: one at a time per scope, in the order in which they were begun. */
export interface OperationRunner {
  begin(operation: NewOperation): Operation;
  /** Resolves with the operation's end; rejects when `signal` aborts first. */
  settled(operation: Operation, signal: AbortSignal): Promise<Operation>;
  /** Does what is no operation (nobody asks how it ended) when its scope is free; what begins later waits for it. It must not reject. */
  inTurn(place: Place, work: (signal: AbortSignal) => Promise<void>): Promise<void>;
  /** Ends the operations of this resource that are not deletions as Canceled, and aborts what else is done to it. */
  cancel(resourceId: string): void;
  /** Takes up what was in progress when the region stopped; it is carried out when `ready` resolves. */
  resume(ready: Promise<void>): void;
  /** Aborts what runs and waits for it; it stays in progress in the store. */
  stop(): Promise<void>;
}

export interface NewOperation extends Place {
  /** Default: a new one. */
  readonly id?: string;
  readonly resourceType: string;
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

/** How long the end of an operation can still be read. */
const retentionMs = 24 * 3_600_000;

export function createOperationRunner(options: RunnerOptions): OperationRunner {
  const { operations, now } = options;
  const stopper = new AbortController();
  const turns = createScopeTurns();
  const executions = new Map<string, Promise<Operation>>();

  function enqueue(operation: Operation, ready?: Promise<void>): void {
    const canCancel = operation.task.kind !== 'deprovision';
    const ended = turns.take({ ...operation, canCancel }, async (canceled) => {
      await ready;
      return runOperation(options, operation, { stopped: stopper.signal, canceled });
    });
    executions.set(operation.id, ended);
    void forgetAfter(ended, operation.id);
  }

  async function forgetAfter(ended: Promise<Operation>, id: string): Promise<void> {
    await ended;
    executions.delete(id);
  }

  return {
    begin(request) {
      const operation = startOf(request, now());
      operations.put(operation);
      enqueue(operation);
      return operation;
    },
    settled: async (operation, signal) => {
      const ended = executions.get(operation.id);
      if (ended === undefined) return operations.find(operation.id) ?? operation;
      return raceAbort(ended, signal);
    },
    inTurn: async (place, work) =>
      turns.take({ ...place, canCancel: true }, async (canceled) => {
        const signal = AbortSignal.any([stopper.signal, canceled]);
        if (!signal.aborted) await work(signal);
      }),
    cancel(resourceId) {
      turns.cancel(resourceId);
    },
    resume(ready) {
      operations.forgetEndedBefore(new Date(now().getTime() - retentionMs).toISOString());
      const running = operations.running();
      for (const operation of running) {
        if (isPreempted(operation, running)) options.settle(endOf(options, operation, canceledError(), 'Canceled'));
        else enqueue(operation, ready);
      }
    },
    async stop() {
      stopper.abort();
      await turns.settled();
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
  const ended = endOf({ now }, operation, error, endStatus(error, canceled.aborted));
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

/** Whether a deletion that began later gave it up; the region stopped before that was written down. */
function isPreempted({ resourceId, task }: Operation, running: readonly Operation[]): boolean {
  const isDeletion = (other: Operation): boolean => other.task.kind === 'deprovision' && sameId(other.resourceId, resourceId);
  return task.kind !== 'deprovision' && running.some(isDeletion);
}

function startOf(request: NewOperation, time: Date): Operation {
  const startTime = time.toISOString();
  return { id: randomUUID(), ...request, status: 'InProgress', error: undefined, startTime, endTime: undefined };
}

function endOf(
  { now }: Pick<RunnerOptions, 'now'>,
  operation: Operation,
  error: ArmError | undefined,
  status: Operation['status'],
): Operation {
  return { ...operation, status, error: error && toOperationError(error), endTime: now().toISOString() };
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
