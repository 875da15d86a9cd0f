import { setTimeout as sleep } from 'node:timers/promises';
import { SegwError } from '../base/error.ts';
import { isError, toApiError } from './api-error.ts';
import { toConnectionError, type ApiRequest, type ApiResponse, type Connection } from './connection.ts';
import { formatKey, keyOf, type KubeObject, type ObjectKey } from './object.ts';
import { apiVersionOf, collectionPath, objectPath, type ResourceKind } from './resource.ts';
import { linesOf, parseWatchLine, type WatchEvent } from './watch-stream.ts';

/** Which objects of a kind. Selectors are evaluated by the API server. */
export interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string;
  readonly subresource?: 'status' | 'scale';
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Take fields over from other managers. Default true: a controller owns what it applies. */
  readonly force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: 'Foreground' | 'Background' | 'Orphan';
  readonly gracePeriodSeconds?: number;
}

export interface PageOptions extends CallOptions {
  readonly limit?: number;
  readonly continueToken?: string;
}

export interface WatchOptions extends CallOptions {
  readonly resourceVersion: string;
  /** After how many seconds the API server ends the watch. */
  readonly timeoutSeconds: number;
  /** A watch that is silent for so long is broken. */
  readonly silenceTimeoutMs: number;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** Set when there are more. */
  readonly continueToken?: string;
}

/** What an apply names: the object without what the API server adds. */
export type Applied<T extends KubeObject> = KubeObject & Partial<Omit<T, keyof KubeObject>>;

/** How often a call that the server puts off (429 with Retry-After) is sent again. */
const putOffLimit = 5;

/**
 * The Kubernetes API for any kind, without a generated class per kind. Every method throws `SegwError`: `NotFound`, `AlreadyExists`,
 * `Conflict`, `Forbidden`, `Unauthorized`, `InvalidObject`, `TooManyRequests`, `ResourceExpired`, `ApiServerError`,
 * `ApiServerUnreachable`, `MalformedResponse`.
 */
export class KubeClient {
  readonly #connection: Pick<Connection, 'send'>;

  constructor(connection: Pick<Connection, 'send'>) {
    this.#connection = connection;
  }

  async get<T extends KubeObject>(kind: ResourceKind<T>, key: ObjectKey, options: CallOptions = {}): Promise<T> {
    return await this.#json<T>(`get ${nameOf(kind, key)}`, { method: 'GET', path: objectPath(kind, key), ...options });
  }

  /** As `get`, but `undefined` where there is no such object. */
  async find<T extends KubeObject>(kind: ResourceKind<T>, key: ObjectKey, options: CallOptions = {}): Promise<T | undefined> {
    return await absentAs(undefined, this.get(kind, key, options));
  }

  /** One page of objects. */
  async list<T extends KubeObject>(
    kind: ResourceKind<T>,
    selection: Selection = {},
    options: PageOptions = {},
  ): Promise<ObjectList<T>> {
    const { limit, continueToken, signal } = options;
    const query = { ...selectors(selection), limit, continue: continueToken };
    const page = await this.#json<RawList<T>>(`list ${kind.plural}`, {
      method: 'GET',
      path: collectionPath(kind, selection.namespace),
      query,
      ...(signal && { signal }),
    });
    const { resourceVersion, continue: next } = page.metadata;
    return { items: page.items ?? [], resourceVersion, ...(next ? { continueToken: next } : {}) };
  }

  /** Follows one kind from `resourceVersion` on, until the server ends the watch. Throws as `parseWatchLine` does. */
  async *watch<T extends KubeObject>(
    kind: ResourceKind<T>,
    selection: Selection,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const { resourceVersion, timeoutSeconds, silenceTimeoutMs, signal } = options;
    const what = `watch ${kind.plural}`;
    const query = { ...selectors(selection), watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds };
    const path = collectionPath(kind, selection.namespace);
    const response = await this.#send(what, { method: 'GET', path, query, silenceTimeoutMs, ...(signal && { signal }) });
    try {
      for await (const line of linesOf(response.body)) yield parseWatchLine<T>(what, line);
    } catch (error) {
      throw error instanceof SegwError ? error : toConnectionError(what, error, signal);
    }
  }

  async create<T extends KubeObject>(kind: ResourceKind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    return await this.#json<T>(`create ${nameOf(kind, keyOf(object))}`, {
      method: 'POST',
      path: collectionPath(kind, object.metadata.namespace),
      ...written(kind, object, options),
    });
  }

  /** Replaces the object. With `metadata.resourceVersion` it throws `Conflict` if somebody was faster. */
  async update<T extends KubeObject>(kind: ResourceKind<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const key = keyOf(object);
    return await this.#json<T>(`update ${nameOf(kind, key)}`, {
      method: 'PUT',
      path: objectPath(kind, key, options.subresource),
      ...written(kind, object, options),
    });
  }

  /** Server-side apply: the fields in `object` become ours and get these values; fields that we applied earlier and leave out go. */
  async apply<T extends KubeObject>(kind: ResourceKind<T>, object: Applied<T>, options: ApplyOptions): Promise<T> {
    const { force = true, ...rest } = options;
    const { query, ...request } = written(kind, object, rest);
    const key = keyOf(object);
    return await this.#json<T>(`apply ${nameOf(kind, key)}`, {
      method: 'PATCH',
      path: objectPath(kind, key, options.subresource),
      ...request,
      query: { ...query, force },
      contentType: 'application/apply-patch+yaml',
    });
  }

  /** JSON merge patch (RFC 7386): `null` removes a member, a list is replaced as a whole. */
  async patch<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: ObjectKey,
    patch: object,
    options: WriteOptions = {},
  ): Promise<T> {
    const { fieldManager, subresource, signal } = options;
    return await this.#json<T>(`patch ${nameOf(kind, key)}`, {
      method: 'PATCH',
      path: objectPath(kind, key, subresource),
      query: { fieldManager },
      contentType: 'application/merge-patch+json',
      body: patch,
      ...(signal && { signal }),
    });
  }

  /** Deletes the object; one that is gone already is no error. The object may live on until its finalizers are done. */
  async delete(kind: ResourceKind<KubeObject>, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, propagation, gracePeriodSeconds, signal } = options;
    const preconditions = uid === undefined && resourceVersion === undefined ? undefined : { uid, resourceVersion };
    const call = this.#json(`delete ${nameOf(kind, key)}`, {
      method: 'DELETE',
      path: objectPath(kind, key),
      contentType: 'application/json',
      body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy: propagation, gracePeriodSeconds },
      ...(signal && { signal }),
    });
    await absentAs(undefined, call);
  }

  /** Asks for the pod to go, as its PodDisruptionBudgets allow; one that is gone already is no error. Throws `TooManyRequests` while they do not. */
  async evict(pods: ResourceKind<KubeObject>, key: ObjectKey, options: CallOptions = {}): Promise<void> {
    const call = this.#json(`evict ${nameOf(pods, key)}`, {
      method: 'POST',
      path: objectPath(pods, key, 'eviction'),
      contentType: 'application/json',
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: key },
      ...options,
    });
    await absentAs(undefined, call);
  }

  async #json<T>(what: string, request: ApiRequest): Promise<T> {
    const response = await this.#send(what, request);
    const text = await readText(what, response, request.signal);
    try {
      // The type is the API server's word: it has checked the object against the kind's schema.
      const parsed: T = JSON.parse(text);
      return parsed;
    } catch (error) {
      throw new SegwError('MalformedResponse', `${what}: the answer is not JSON`, { cause: error, retryable: true });
    }
  }

  /** Sends the request, and again where the server puts it off (API priority and fairness). */
  async #send(what: string, request: ApiRequest): Promise<ApiResponse> {
    for (let attempt = 0; ; attempt++) {
      const response = await this.#connection.send(request);
      if (response.status < 300) return response;
      const body = await readText(what, response, request.signal);
      const waitSeconds = Number(response.headers['retry-after']);
      if (response.status !== 429 || attempt >= putOffLimit || !(waitSeconds >= 0)) throw toApiError(what, response.status, body);
      await sleep(waitSeconds * 1000, undefined, request.signal ? { signal: request.signal } : {});
    }
  }
}

interface RawList<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[] | null;
}

function selectors({ labelSelector, fieldSelector }: Selection): Record<string, string | undefined> {
  return { labelSelector, fieldSelector };
}

function written(
  kind: ResourceKind<KubeObject>,
  object: object,
  { fieldManager, signal }: WriteOptions,
): Omit<ApiRequest, 'method' | 'path'> {
  return {
    query: { fieldManager },
    contentType: 'application/json',
    body: { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind },
    ...(signal && { signal }),
  };
}

function nameOf(kind: ResourceKind<KubeObject>, key: ObjectKey): string {
  return `${kind.kind} ${formatKey(key)}`;
}

async function readText(what: string, response: ApiResponse, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await response.body.text();
  } catch (error) {
    throw toConnectionError(what, error, signal);
  }
}

async function absentAs<T, Absent>(absent: Absent, call: Promise<T>): Promise<T | Absent> {
  try {
    return await call;
  } catch (error) {
    if (isError(error, 'NotFound')) return absent;
    throw error;
  }
}
