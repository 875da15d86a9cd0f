import type { KubeObject } from '../kube/object.ts';
import type { ResourceKind } from '../kube/resource.ts';

/** `v1.Node`, as far as it says whether it is cordoned. */
export interface Node extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean };
}

export const nodeKind: ResourceKind<Node> = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };
