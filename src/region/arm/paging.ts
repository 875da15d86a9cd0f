import { ArmError } from './errors.ts';

interface PageOptions {
  /** `$skiptoken` of the request. */
  readonly skipToken: string | undefined;
  readonly pageSize: number;
  /** The request's own absolute URL: the next page is asked for like this one. */
  readonly url: URL;
}

const collator = new Intl.Collator('en', { numeric: true });

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextLink: string | undefined;
}

/**
 * One page of a list, by id. The token names the last id seen, so a list that changes between two pages neither repeats nor skips
 * what was there all along.
 */
export function pageOf<Item extends HasId>(all: readonly Item[], { skipToken, pageSize, url }: PageOptions): Page<Item> {
  const sorted = all.toSorted((a, b) => compareKeys(keyOf(a), keyOf(b)));
  const after = skipToken === undefined ? undefined : decodeToken(skipToken);
  const rest = after === undefined ? sorted : sorted.filter((item) => compareKeys(keyOf(item), after) > 0);
  const items = rest.slice(0, pageSize);
  const last = items.at(-1);
  if (last === undefined || rest.length <= pageSize) return { items, nextLink: undefined };
  const next = new URL(url);
  next.searchParams.set('$skiptoken', Buffer.from(keyOf(last)).toString('base64url'));
  return { items, nextLink: next.href };
}

/** An answer's `id` is a string; JSON cannot say so. */
interface HasId {
  readonly id?: unknown;
}

function keyOf({ id }: HasId): string {
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
