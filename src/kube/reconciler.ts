import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { ObjectKey } from './object.ts';

export interface ReconcileContext {
  readonly log: Logger;
  /** Aborts when the controller stops, and when the reconcile takes too long. */
  readonly signal: AbortSignal;
}

/** Nothing: done until something changes. `requeueAfterMs`: look again after this time, also if nothing changes. */
export interface Result {
  readonly requeueAfterMs?: number;
}

/** Level-based: gets a key, reads the state itself, and makes it so. A throw is retried with backoff. */
export interface Reconciler {
  reconcile(key: ObjectKey, context: ReconcileContext): Promise<Result>;
}

/** Thrown by a reconciler where a retry cannot help: the key rests until something changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';

  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}
