import { isError } from './api-error.ts';
import type { CallOptions, KubeClient } from './client.ts';
import { keyOf, type KubeObject } from './object.ts';
import type { ResourceKind } from './resource.ts';

export function hasFinalizer({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.finalizers?.includes(finalizer) ?? false;
}

export function isBeingDeleted({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Sees to it that the object has the finalizer; returns the object as it is then. Throws `Conflict` if it has changed meanwhile. */
export async function ensureFinalizer<T extends KubeObject>(
  client: KubeClient,
  kind: ResourceKind<T>,
  { object, finalizer, ...options }: { readonly object: T; readonly finalizer: string } & CallOptions,
): Promise<T> {
  if (hasFinalizer(object, finalizer)) return object;
  const finalizers = [...(object.metadata.finalizers ?? []), finalizer];
  return await client.patch(kind, keyOf(object), finalizersPatch(object, finalizers), options);
}

/**
 * Takes the finalizer away; a deleted object may then be gone at once. One that is gone already is no error. Throws `Conflict` if it
 * has changed meanwhile.
 */
export async function removeFinalizer<T extends KubeObject>(
  client: KubeClient,
  kind: ResourceKind<T>,
  { object, finalizer, ...options }: { readonly object: T; readonly finalizer: string } & CallOptions,
): Promise<void> {
  if (!hasFinalizer(object, finalizer)) return;
  const finalizers = object.metadata.finalizers?.filter((name) => name !== finalizer) ?? [];
  try {
    await client.patch(kind, keyOf(object), finalizersPatch(object, finalizers), options);
  } catch (error) {
    if (!isError(error, 'NotFound')) throw error;
  }
}

/** The list is replaced as a whole, so it must not have changed since it was read; nor may it be another object of that name. */
function finalizersPatch({ metadata: { uid, resourceVersion } }: KubeObject, finalizers: readonly string[]): object {
  return { metadata: { uid, resourceVersion, finalizers } };
}
