import type { KubeObject } from '../kube/object.ts';
import type { ResourceKind } from '../kube/resource.ts';

/** `v1.Node`, as far as we read it. */
export interface Node extends KubeObject {
  readonly spec?: { readonly podCIDRs?: readonly string[] };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

/** `v1.Pod`, as far as we read it. */
export interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly hostNetwork?: boolean };
  readonly status?: { readonly phase?: string; readonly podIP?: string };
}

export interface ServiceCidr extends KubeObject {
  readonly spec?: { readonly cidrs?: readonly string[] };
}

export const nodeKind: ResourceKind<Node> = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

export const podKind: ResourceKind<Pod> = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

/** Served since Kubernetes 1.33. */
export const serviceCidrKind: ResourceKind<ServiceCidr> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
};
