import { ArmError } from './errors.ts';

interface PageOptions {
  /** `$skiptoken` of the request. */
  readonly skipToken: string | undefined;
  readonly pageSize: number;
  /** The request's own absolute URL: the next page is asked for like this one. */
  readonly url: URL;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextLink: string | undefined;
}

/**
 * One page of a list, by id. The token names the last id seen, so a list that changes between two pages neither repeats nor skips
 * what was there all along.
 */
export function pageOf<Item extends HasId>(all: readonly Item[], { skipToken, pageSize, url }: PageOptions): Page<Item> {
  const after = skipToken === undefined ? undefined : orderOf(decodeToken(skipToken));
  const ordered = all.map((item) => ({ item, order: orderOf(keyOf(item)) }));
  const rest = after === undefined ? ordered : ordered.filter(({ order }) => order > after);
  rest.sort((a, b) => (a.order < b.order ? -1 : Number(a.order > b.order)));
  const items = rest.slice(0, pageSize).map(({ item }) => item);
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

/** A key's place among others as plain text, which is fast to compare: instance 10 comes after instance 9. */
function orderOf(key: string): string {
  return `${key.replaceAll(/\d+/g, (digits) => digits.padStart(longestNumber, '0'))} ${key}`;
}

const longestNumber = 10;

function decodeToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (key === '') throw new ArmError(400, 'InvalidParameter', 'The $skiptoken is not one of this API.', { target: '$skiptoken' });
  return key;
}
