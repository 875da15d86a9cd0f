import { SegwError } from '../base/error.ts';
import { formatKey, keyOf, type KubeObject, type OwnerReference } from './object.ts';
import { apiVersionOf, type ResourceKind } from './resource.ts';

/**
 * The reference that ties an object to its controlling owner: the garbage collector deletes it with the owner. Owner and object have
 * to be in the same namespace. Throws `Internal` for an owner that was never stored.
 */
export function controllerReference<T extends KubeObject>(kind: ResourceKind<T>, owner: T): OwnerReference {
  const { name, uid } = owner.metadata;
  if (uid === undefined) throw new SegwError('Internal', `owner ${kind.kind} ${formatKey(keyOf(owner))} has no uid`);
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, name, uid, controller: true, blockOwnerDeletion: true };
}
