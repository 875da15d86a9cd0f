import { SegwError } from '../base/error.ts';
import { fromStatus } from './api-error.ts';
import type { KubeObject } from './object.ts';

/** One line of a watch. A bookmark carries nothing but a resource version. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/**
 * Reads one line of a watch. Throws `MalformedResponse` for what is no event, and the error that an ERROR event holds
 * (`ResourceExpired` when the resource version is too old).
 */
export function parseWatchLine<T extends KubeObject>(what: string, line: string): WatchEvent<T> {
  const { type, object } = parseEvent<T>(what, line);
  if (type === 'ERROR') throw fromStatus(what, object);
  const version = resourceVersionOf(object);
  if (version === undefined) throw malformed(what, line);
  if (type === 'BOOKMARK') return { type, resourceVersion: version };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') return { type, object };
  throw malformed(what, line);
}

function resourceVersionOf(object: Partial<KubeObject>): string | undefined {
  return object.metadata?.resourceVersion;
}

/** An ERROR event holds a `Status` instead of a `T`. */
interface RawEvent<T> {
  readonly type: string;
  readonly object: T & { readonly message?: string; readonly code?: number; readonly reason?: string };
}

function parseEvent<T>(what: string, line: string): RawEvent<T> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw malformed(what, line);
  }
  if (!isRawEvent<T>(parsed)) throw malformed(what, line);
  return parsed;
}

/** Checks the frame only: what is in the object is the API server's word. */
function isRawEvent<T>(value: unknown): value is RawEvent<T> {
  if (typeof value !== 'object' || value === null || !('type' in value) || !('object' in value)) return false;
  return typeof value.object === 'object' && value.object !== null;
}

function malformed(what: string, line: string): SegwError {
  return new SegwError('MalformedResponse', `${what}: not a watch event: ${line.slice(0, 200)}`, { retryable: true });
}

/** The lines of a stream of bytes, without their ends. A last line without an end is given as well. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
