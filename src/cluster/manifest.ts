import { SegwError } from '../base/error.ts';
import type { KubeObject } from '../kube/object.ts';
import type { ResourceKind } from '../kube/resource.ts';

/** An object of a manifest: whole, of any kind. */
export interface ManifestObject extends KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The kinds that manifests may hold. */
const kinds = {
  Namespace: { group: '', version: 'v1', plural: 'namespaces', namespaced: false },
  ConfigMap: { group: '', version: 'v1', plural: 'configmaps', namespaced: true },
  Service: { group: '', version: 'v1', plural: 'services', namespaced: true },
  ServiceAccount: { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true },
  Role: { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'roles', namespaced: true },
  RoleBinding: { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'rolebindings', namespaced: true },
  ClusterRole: { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles', namespaced: false },
  ClusterRoleBinding: { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterrolebindings', namespaced: false },
  ValidatingAdmissionPolicy: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'validatingadmissionpolicies',
    namespaced: false,
  },
  ValidatingAdmissionPolicyBinding: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'validatingadmissionpolicybindings',
    namespaced: false,
  },
  Deployment: { group: 'apps', version: 'v1', plural: 'deployments', namespaced: true },
  DaemonSet: { group: 'apps', version: 'v1', plural: 'daemonsets', namespaced: true },
  PodDisruptionBudget: { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets', namespaced: true },
  CustomResourceDefinition: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    plural: 'customresourcedefinitions',
    namespaced: false,
  },
} as const satisfies Record<string, Omit<ResourceKind<KubeObject>, 'kind'>>;

/** What the client has to know of the object's kind. Throws `Internal` for one that is not in the table. */
export function kindOf({ kind, metadata }: ManifestObject): ResourceKind<KubeObject> {
  if (isKnown(kind)) return { kind, ...kinds[kind] };
  throw new SegwError('Internal', `manifest object ${metadata.name}: kind ${kind} is not in the table`);
}

function isKnown(kind: string): kind is keyof typeof kinds {
  return kind in kinds;
}
