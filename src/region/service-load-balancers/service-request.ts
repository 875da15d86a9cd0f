import { formatKey, keyOf } from '../../kube/object.ts';
import type { Service, ServicePort } from './service.ts';

const prefix = 'service.beta.kubernetes.io/azure-';

/** What a Service asks its load balancer for. */
export interface ServiceRequest {
  /** Names the frontend, and begins the names of its rules. */
  readonly name: string;
  /** `NAMESPACE/NAME` */
  readonly key: string;
  /** An address that is there already; without any, one is made and goes with the Service. */
  readonly publicAddress: { readonly address: string } | { readonly name: string } | undefined;
  /** Where that address is looked for; undefined: in the node resource group. */
  readonly resourceGroup: string | undefined;
  readonly ports: readonly ServicePort[];
  /** Node port that tells whether a node has an endpoint: of the policy `Local`. */
  readonly healthCheckNodePort: number | undefined;
  readonly hasFloatingIp: boolean;
  readonly isSticky: boolean;
}

/** Whether the Service wants a load balancer, and of this cloud. */
export function wantsLoadBalancer({ metadata, spec }: Service): boolean {
  return metadata.deletionTimestamp === undefined && spec?.type === 'LoadBalancer' && spec.loadBalancerClass === undefined;
}

/** As Kubernetes names load balancers: `a` and the uid, 32 characters at most (cloud-provider, `DefaultLoadBalancerName`). */
export function frontendName({ metadata }: Pick<Service, 'metadata'>): string {
  return `a${(metadata.uid ?? '').replaceAll('-', '')}`.slice(0, 32);
}

/** Reads the Service. A text says what of it this region cannot do. */
export function readServiceRequest(service: Service): ServiceRequest | string {
  const annotations = azureAnnotations(service);
  const problem = annotationProblem(annotations) ?? specProblem(service, annotations);
  if (problem !== undefined) return problem;
  const { spec = {} } = service;
  const address = annotations.get('load-balancer-ipv4') ?? spec.loadBalancerIP;
  const name = annotations.get('pip-name');
  return {
    name: frontendName(service),
    key: formatKey(keyOf(service)),
    publicAddress: name !== undefined ? { name } : address !== undefined && address !== '' ? { address } : undefined,
    resourceGroup: annotations.get('load-balancer-resource-group'),
    ports: spec.ports ?? [],
    healthCheckNodePort: spec.externalTrafficPolicy === 'Local' ? spec.healthCheckNodePort : undefined,
    hasFloatingIp: !isTrue(annotations.get('disable-load-balancer-floating-ip')),
    isSticky: spec.sessionAffinity === 'ClientIP',
  };
}

const knownAnnotations: ReadonlySet<string> = new Set([
  'load-balancer-internal',
  'load-balancer-ipv4',
  'load-balancer-resource-group',
  'pip-name',
  'disable-load-balancer-floating-ip',
]);

function azureAnnotations({ metadata }: Service): ReadonlyMap<string, string> {
  const all = Object.entries(metadata.annotations ?? {});
  return new Map(all.flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [])));
}

function annotationProblem(annotations: ReadonlyMap<string, string>): string | undefined {
  const unknown = [...annotations.keys()].find((key) => !knownAnnotations.has(key));
  if (unknown !== undefined) return `this region does not support the annotation ${prefix}${unknown}`;
  if (isTrue(annotations.get('load-balancer-internal')))
    return `this region has no internal load balancers for Services (annotation ${prefix}load-balancer-internal)`;
  return undefined;
}

function specProblem({ spec = {} }: Service, annotations: ReadonlyMap<string, string>): string | undefined {
  if (spec.ipFamilies?.includes('IPv6') === true) return 'this region has IPv4 only';
  const port = spec.ports?.find(({ protocol = 'TCP' }) => protocol !== 'TCP' && protocol !== 'UDP');
  if (port !== undefined) return `load balancers carry TCP and UDP, not ${port.protocol ?? ''}`;
  if (!isTrue(annotations.get('disable-load-balancer-floating-ip'))) return undefined;
  if (spec.ports?.some(({ nodePort }) => nodePort === undefined) === true)
    return 'without a floating IP every port needs a node port (allocateLoadBalancerNodePorts)';
  // kube-proxy filters what arrives for the load balancer's address, not what arrives at a node port.
  return (spec.loadBalancerSourceRanges ?? []).length > 0
    ? 'loadBalancerSourceRanges need a floating IP in this region'
    : undefined;
}

function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}
