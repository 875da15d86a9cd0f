import { idKey } from '../arm/ids.ts';

/** Deeper than any id; a longer path inherits from here up. */
const maxSegments = 40;

/** Keys (as `idKey` gives them) of a scope and of everything above it. That of `/` is empty. */
export function scopesUpTo(scope: string): readonly string[] {
  const segments = idKey(scope).split('/').slice(0, maxSegments);
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

/** Whether `scope` is `ancestor` or lies below it. */
export function isWithin(scope: string, ancestor: string): boolean {
  return `${idKey(scope)}/`.startsWith(`${idKey(ancestor)}/`);
}

/** Ids of role definitions begin with the subscription in which they are asked for. */
export function subscriptionOf(scope: string): string {
  return /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';
}
