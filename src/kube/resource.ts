import type { KubeObject, ObjectKey } from './object.ts';

/** What the client has to know of a kind. The API server's path follows from it; `T` is the type of its objects. */
export interface ResourceKind<T extends KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set: carries the type. */
  readonly type?: T;
}

export function apiVersionOf({ group, version }: ResourceKind<KubeObject>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The path of the collection: of one namespace, or of all. */
export function collectionPath(kind: ResourceKind<KubeObject>, namespace?: string): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope = kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${kind.plural}`;
}

/** The path of one object, or of one of its subresources. */
export function objectPath(
  kind: ResourceKind<KubeObject>,
  { namespace, name }: ObjectKey,
  subresource?: 'status' | 'scale' | 'eviction',
): string {
  const path = `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}
