import type { KubeObject } from '../kube/object.ts';
import type { ResourceKind } from '../kube/resource.ts';

/** `v1.Node`, as far as the operator reads it. */
export interface Node extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly nodeInfo?: { readonly operatingSystem?: string };
  };
}

export const nodeKind: ResourceKind<Node> = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false };

/** `apps/v1` Deployment, as far as the operator reads it. */
export interface Deployment extends KubeObject {
  readonly spec?: { readonly replicas?: number };
}

export const deploymentKind: ResourceKind<Deployment> = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};

export interface CustomResourceDefinition extends KubeObject {
  readonly spec?: { readonly group: string };
}

export const customResourceDefinitionKind: ResourceKind<CustomResourceDefinition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
