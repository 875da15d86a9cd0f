import { ArmError } from './errors.ts';
import type { JsonObject } from './resource.ts';

interface PageOptions {
  /** `$skiptoken` of the request. */
  readonly skipToken: string | undefined;
  readonly pageSize: number;
  /** The request's own absolute URL: the next page is asked for like this one. */
  readonly url: URL;
}

const collator = new Intl.Collator('en', { numeric: true });

/**
 * One page of a list, by id. The token names the last id seen, so a list that changes between two pages neither repeats nor skips
 * what was there all along. `value` is there even when it is empty.
 */
export function pageOf(items: readonly JsonObject[], { skipToken, pageSize, url }: PageOptions): JsonObject {
  const sorted = items.toSorted((a, b) => compareKeys(keyOf(a), keyOf(b)));
  const after = skipToken === undefined ? undefined : decodeToken(skipToken);
  const rest = after === undefined ? sorted : sorted.filter((item) => compareKeys(keyOf(item), after) > 0);
  const value = rest.slice(0, pageSize);
  const last = value.at(-1);
  if (last === undefined || rest.length <= pageSize) return { value };
  const next = new URL(url);
  next.searchParams.set('$skiptoken', Buffer.from(keyOf(last)).toString('base64url'));
  return { value, nextLink: next.href };
}

function keyOf(item: JsonObject): string {
  const { id } = item;
  return typeof id === 'string' ? id.toLowerCase() : '';
}

/** Instance 10 comes after instance 9. */
function compareKeys(a: string, b: string): number {
  const order = collator.compare(a, b);
  if (order !== 0 || a === b) return order;
  return a < b ? -1 : 1;
}

function decodeToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (key === '') throw new ArmError(400, 'InvalidParameter', 'The $skiptoken is not one of this API.', { target: '$skiptoken' });
  return key;
}
