import type { KubernetesObject } from '@kubernetes/client-node';

/** A whole object of any kind, as it is applied. */
export interface AddOnObject extends KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}
