import { backoffMs } from '../base/backoff.ts';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { isError } from './api-error.ts';
import type { KubeClient, Selection } from './client.ts';
import { pause, systemClock, type Clock } from './clock.ts';
import type { KubeObject } from './object.ts';
import type { ResourceKind } from './resource.ts';
import type { Store } from './store.ts';

/** What the list-watch does next: everything, or the changes from a version on. */
export type Step = { readonly do: 'list' } | { readonly do: 'watch'; readonly resourceVersion: string };

/** How a step ended. */
export interface Outcome {
  /** Absent: as it should (a watch: by the server, when its time was up). */
  readonly error?: unknown;
  /** The last version that the step saw. */
  readonly resourceVersion?: string;
  /** A watch that had an event or lasted a while: the server is well, so the next break is the first. */
  readonly isHealthy?: boolean;
}

export interface ListWatchOptions<T extends KubeObject, Index extends string> {
  readonly client: KubeClient;
  readonly kind: ResourceKind<T>;
  /** Which objects: the API server filters. */
  readonly selection?: Selection;
  readonly store: Store<T, Index>;
  readonly log: Logger;
  readonly clock?: Clock;
}

export interface ListWatch {
  /** Fulfilled when the first list is in the store; rejected when it is stopped before. */
  readonly synced: Promise<void>;
  stop(): Promise<void>;
}

const pageSize = 500;
const backoff = { firstMs: 200, maxMs: 15_000 };
/** The API server ends a watch after this time. */
const watchSeconds = 540;
/** It sends a bookmark each minute; longer silence means a connection that died without a word. */
const silenceTimeoutMs = 75_000;
const healthyAfterMs = 10_000;

/**
 * Keeps `store` equal to what the API server has: lists, then follows, resumes where it was after a break, and lists again when that
 * is too long ago (410 Gone) or when the stream was damaged. Never gives up; what fails is logged and tried again with backoff.
 */
export function startListWatch<T extends KubeObject, Index extends string>(options: ListWatchOptions<T, Index>): ListWatch {
  const stopping = new AbortController();
  const { promise: synced, resolve, reject } = Promise.withResolvers<void>();
  // Nobody has to wait for it.
  synced.catch(() => undefined);
  const running = followForEver(options, stopping.signal, resolve);
  return {
    synced,
    stop: async () => {
      stopping.abort(new Error('the list-watch was stopped'));
      await running;
      reject(stopping.signal.reason);
    },
  };
}

async function followForEver<T extends KubeObject, Index extends string>(
  options: ListWatchOptions<T, Index>,
  signal: AbortSignal,
  onList: () => void,
): Promise<void> {
  const { clock = systemClock, kind } = options;
  const log = options.log.child({ watch: kind.plural });
  let step: Step = { do: 'list' };
  let failures = 0;
  while (!signal.aborted) {
    const outcome = step.do === 'list' ? await list(options, signal) : await watch(options, step.resourceVersion, signal);
    if (signal.aborted) return;
    if (step.do === 'list' && outcome.error === undefined) onList();
    const next = stepAfter(step, outcome);
    if (outcome.error !== undefined)
      log[outcome.isHealthy ? 'debug' : 'warn']({ next: next.step.do, error: messageOf(outcome.error) }, 'watch interrupted');
    if (outcome.isHealthy) failures = 0;
    if (next.waits) await pause(clock, backoffMs(failures++, backoff), signal);
    step = next.step;
  }
}

/** What a watch may be resumed after: the stream broke, its content was sound. */
const resumableCodes = ['ApiServerUnreachable', 'ApiServerError', 'TooManyRequests', 'Unauthorized'] as const;

/** Decides what follows, and whether to wait before it. Pure. */
export function stepAfter(
  step: Step,
  { error, resourceVersion, isHealthy = false }: Outcome,
): { readonly step: Step; readonly waits: boolean } {
  const follow: Step = resourceVersion === undefined ? { do: 'list' } : { do: 'watch', resourceVersion };
  // A server that ends every watch at once must not be asked in a tight loop.
  if (error === undefined) return { step: follow, waits: step.do === 'watch' && !isHealthy };
  const isResumable = step.do === 'watch' && isError(error, ...resumableCodes);
  return { step: isResumable ? follow : { do: 'list' }, waits: true };
}

async function list<T extends KubeObject, Index extends string>(
  { client, kind, selection, store }: ListWatchOptions<T, Index>,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const { items, resourceVersion } = await listAll(client, kind, { ...(selection && { selection }), signal });
    store.replace(items.map(withoutManagedFields));
    return { resourceVersion };
  } catch (error) {
    return { error };
  }
}

async function watch<T extends KubeObject, Index extends string>(
  { client, kind, selection = {}, store, clock = systemClock }: ListWatchOptions<T, Index>,
  from: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const startedMs = clock.nowMs();
  let resourceVersion = from;
  let hasEvents = false;
  const isHealthy = (): boolean => hasEvents || clock.nowMs() - startedMs > healthyAfterMs;
  const timeoutSeconds = Math.round(watchSeconds * (0.8 + 0.2 * Math.random()));
  try {
    for await (const event of client.watch(kind, selection, { resourceVersion, timeoutSeconds, silenceTimeoutMs, signal })) {
      hasEvents = true;
      if (event.type === 'DELETED') store.delete(withoutManagedFields(event.object));
      else if (event.type !== 'BOOKMARK') store.set(withoutManagedFields(event.object));
      resourceVersion =
        event.type === 'BOOKMARK' ? event.resourceVersion : (event.object.metadata.resourceVersion ?? resourceVersion);
    }
    return { resourceVersion, isHealthy: isHealthy() };
  } catch (error) {
    return { error, resourceVersion, isHealthy: isHealthy() };
  }
}

/** Every object, page by page. A list that outlives its continue token is asked for again in one piece. */
export async function listAll<T extends KubeObject>(
  client: KubeClient,
  kind: ResourceKind<T>,
  { selection = {}, signal }: { readonly selection?: Selection; readonly signal?: AbortSignal } = {},
): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }> {
  const items: T[] = [];
  const options = signal ? { signal } : {};
  let page = await client.list(kind, selection, { limit: pageSize, ...options });
  for (;;) {
    items.push(...page.items);
    const { continueToken, resourceVersion } = page;
    if (continueToken === undefined) return { items, resourceVersion };
    try {
      page = await client.list(kind, selection, { limit: pageSize, continueToken, ...options });
    } catch (error) {
      if (!isError(error, 'ResourceExpired')) throw error;
      return await client.list(kind, selection, options);
    }
  }
}

/** The bookkeeping of server-side apply is often larger than the object, and no controller reads it. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  const metadata: KubeObject['metadata'] & { managedFields?: unknown } = { ...object.metadata };
  delete metadata.managedFields;
  return { ...object, metadata };
}
