import { randomUUID } from 'node:crypto';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { systemClock, withLimit, type Clock } from './clock.ts';
import { formatKey, keyOf, parseKey, type KubeObject, type ObjectKey } from './object.ts';
import { TerminalError, type Reconciler } from './reconciler.ts';
import type { Change, Store } from './store.ts';
import { WorkQueue, type WorkOutcome, type WorkQueueOptions } from './work-queue.ts';

/** Something whose changes give keys to reconcile. */
export interface Source {
  /** The controller starts when every source is synced: before, what is missing would look deleted. */
  readonly synced: Promise<void>;
  subscribe(enqueue: (key: ObjectKey) => void): () => void;
}

/** One reconcile that has ended: for metrics. */
export interface Reconciled {
  readonly outcome: 'ok' | 'requeue' | 'error' | 'terminal';
  readonly durationMs: number;
  /** Keys that wait now. */
  readonly waiting: number;
}

export interface ControllerOptions {
  readonly name: string;
  /** The name under which the key stands in log lines, as `staticGatewayConfiguration`. */
  readonly objectName: string;
  readonly reconciler: Reconciler;
  readonly sources: readonly Source[];
  readonly log: Logger;
  /** How many keys at a time. One key is never worked on twice at a time. Default 1. */
  readonly concurrency?: number;
  /** After this time the signal of a reconcile aborts. Default 5 min. */
  readonly reconcileLimitMs?: number;
  readonly queue?: WorkQueueOptions;
  readonly onReconciled?: (reconciled: Reconciled) => void;
  readonly clock?: Clock;
}

export interface Controller {
  /** Makes a key due now, for what no source reports. */
  enqueue(key: ObjectKey): void;
  /** Takes no key any more, aborts what runs and waits for its end. */
  stop(): Promise<void>;
}

/** A source over a store: each change gives the keys of `toKeys`. Default: the key of the object itself. */
export function storeSource<T extends KubeObject, Index extends string>(
  store: Store<T, Index>,
  { synced }: { readonly synced: Promise<void> },
  toKeys: (object: T) => readonly ObjectKey[] = (object) => [keyOf(object)],
): Source {
  return {
    synced,
    subscribe: (enqueue) =>
      store.subscribe((change) => {
        for (const object of versionsOf(change)) for (const key of toKeys(object)) enqueue(key);
      }),
  };
}

/** An update concerns what the old version pointed to as well as what the new one does. */
function versionsOf<T>(change: Change<T>): readonly T[] {
  return change.type === 'updated' ? [change.previous, change.object] : [change.object];
}

/** Starts to reconcile as soon as the sources are synced. */
export function startController(options: ControllerOptions): Controller {
  const run = new ControllerRun(options);
  return { enqueue: (key) => run.enqueue(key), stop: () => run.stop() };
}

class ControllerRun {
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #queue: WorkQueue;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #unsubscribe: (() => void)[] = [];
  #cancelTimer: (() => void) | undefined;
  #isStarted = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log.child({ controller: options.name });
    this.#queue = new WorkQueue(options.queue);
    this.#track(this.#start());
  }

  enqueue(key: ObjectKey): void {
    this.#queue.add(formatKey(key));
    this.#pump();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error(`controller ${this.#options.name} was stopped`));
    this.#cancelTimer?.();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await Promise.all(this.#running);
  }

  async #start(): Promise<void> {
    try {
      await Promise.race([Promise.all(this.#options.sources.map(({ synced }) => synced)), whenAborted(this.#stopping.signal)]);
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#log.error({ error: messageOf(error) }, 'controller not started');
      return;
    }
    if (this.#stopping.signal.aborted) return;
    for (const source of this.#options.sources) this.#unsubscribe.push(source.subscribe((key) => this.enqueue(key)));
    this.#isStarted = true;
    this.#log.info({ waiting: this.#queue.waiting }, 'controller started');
    this.#pump();
  }

  /** Starts as much work as is due and allowed, then sets the timer for the next key. */
  #pump(): void {
    if (!this.#isStarted || this.#stopping.signal.aborted) return;
    const { concurrency = 1 } = this.#options;
    while (this.#queue.inWork < concurrency) {
      const key = this.#queue.take(this.#clock.nowMs());
      if (key === undefined) break;
      this.#track(this.#work(key));
    }
    this.#cancelTimer?.();
    const now = this.#clock.nowMs();
    const due = this.#queue.nextDueMs(now);
    if (due !== undefined && this.#queue.inWork < concurrency)
      this.#cancelTimer = this.#clock.schedule(due - now, () => this.#pump());
  }

  async #work(key: string): Promise<void> {
    const startedMs = this.#clock.nowMs();
    const { outcome, reported } = await this.#reconcile(key);
    const now = this.#clock.nowMs();
    this.#queue.finish(key, outcome, now);
    this.#options.onReconciled?.({ outcome: reported, durationMs: now - startedMs, waiting: this.#queue.waiting });
    this.#pump();
  }

  async #reconcile(key: string): Promise<{ readonly outcome: WorkOutcome; readonly reported: Reconciled['outcome'] }> {
    const { name, objectName, reconciler, reconcileLimitMs: limitMs = 300_000 } = this.#options;
    const log = this.#log.child({ [objectName]: key, reconcile: randomUUID().slice(0, 8) });
    try {
      const limit = { what: `${name} ${key}`, limitMs, signal: this.#stopping.signal };
      const { requeueAfterMs } = await withLimit(this.#clock, limit, (signal) =>
        reconciler.reconcile(parseKey(key), { log, signal }),
      );
      if (requeueAfterMs === undefined) return { outcome: { kind: 'done' }, reported: 'ok' };
      return { outcome: { kind: 'again', afterMs: requeueAfterMs }, reported: 'requeue' };
    } catch (error) {
      if (this.#stopping.signal.aborted) return { outcome: { kind: 'done' }, reported: 'error' };
      if (error instanceof TerminalError) {
        log.error({ error: error.message }, 'reconcile failed, no retry');
        return { outcome: { kind: 'done' }, reported: 'terminal' };
      }
      log.warn({ error: messageOf(error), failures: this.#queue.failuresOf(key) + 1 }, 'reconcile failed, will be retried');
      return { outcome: { kind: 'failed' }, reported: 'error' };
    }
  }

  #track(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}
