import { systemNamespace } from '../api/names.ts';
import type { KubeObject, ObjectKey, ObjectMeta } from '../kube/object.ts';
import { controllerReference } from '../kube/owner-reference.ts';
import { nodeKind, type Node } from './cluster-kinds.ts';

/** The key of the object in the system namespace that stands for a node. */
export function nodeObjectKey(nodeName: string): ObjectKey & { readonly namespace: string } {
  return { namespace: systemNamespace, name: nodeName };
}

/** Its metadata: it goes with the node. */
export function nodeObjectMetadata(node: Node): ObjectMeta {
  return { ...nodeObjectKey(node.metadata.name), ownerReferences: [controllerReference(nodeKind, node)] };
}

/** Whether the object belongs to this very node: one of that name may have been here before. */
export function belongsTo({ metadata }: KubeObject, node: Node): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === node.metadata.uid) ?? false;
}
