import { ArmError } from './errors.ts';
import type { StoredResource } from './resource.ts';

/** `If-Match` and `If-None-Match` of a request. */
export interface Preconditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/** As the network service writes it: `W/"..."`. */
export function weakEtag({ etag }: Pick<StoredResource, 'etag'>): string {
  return `W/"${etag}"`;
}

/**
 * Throws 412 unless the preconditions hold. Clients send back what they read in many spellings (with and without `W/`, quoted once or
 * twice), so only the value counts; a list of values holds when one of them does.
 */
export function checkPreconditions(
  { ifMatch, ifNoneMatch }: Preconditions,
  existing: Pick<StoredResource, 'etag'> | undefined,
): void {
  if (ifMatch !== undefined && !matches(ifMatch, existing))
    throw new ArmError(
      412,
      'PreconditionFailed',
      'The resource has changed since it was read: its etag is not the one in If-Match.',
    );
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, existing))
    throw new ArmError(412, 'PreconditionFailed', 'The resource exists already, and If-None-Match asks that it does not.');
}

function matches(header: string, existing: Pick<StoredResource, 'etag'> | undefined): boolean {
  if (existing === undefined) return false;
  return header.split(',').some((value) => value.trim() === '*' || bareEtag(value) === bareEtag(existing.etag));
}

function bareEtag(value: string): string {
  return value
    .trim()
    .replace(/^"?W\//i, '')
    .replaceAll('"', '')
    .toLowerCase();
}
