import type { V1ClusterRoleBinding } from '@kubernetes/client-node';
import { kubeletClientUser } from '../certificates.ts';

/** Lets the API server call kubelets (logs, exec, port-forward): the role is a bootstrap one, but nobody is bound to it. */
export const kubeletAccess = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'segw:kubelet-api-admin' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: kubeletClientUser }],
} satisfies V1ClusterRoleBinding;
