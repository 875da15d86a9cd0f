import type { KubeObject } from '../../kube/object.ts';
import type { ResourceKind } from '../../kube/resource.ts';

/** `v1` Service, as far as a load balancer depends on it. */
export interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly loadBalancerClass?: string;
    readonly loadBalancerIP?: string;
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly externalTrafficPolicy?: string;
    readonly healthCheckNodePort?: number;
    readonly sessionAffinity?: string;
    readonly ipFamilies?: readonly string[];
    readonly ports?: readonly ServicePort[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly Ingress[] } };
}

export interface ServicePort {
  readonly port: number;
  readonly protocol?: string;
  readonly nodePort?: number;
}

interface Ingress {
  readonly ip?: string;
  readonly ipMode?: string;
}

export const serviceKind: ResourceKind<Service> = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  namespaced: true,
};
