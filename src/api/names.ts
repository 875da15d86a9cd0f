/** The API group of every kind of ours. AKS uses the same one, so that manifests written for AKS apply unchanged (spec.md B1). */
export const apiGroup = 'egressgateway.kubernetes.azure.com';
export const apiVersion = 'v1alpha1';

/** Where operator, agents, GatewayStatus, EgressWorker and all leases live. */
export const systemNamespace = 'kube-egress-gateway-system';

/** The Deployment whose pods stand for the gateways when nodes are drained: one on each gateway node. */
export const gatewayGuardName = 'segw-gateway-guard';

/** On a pod: the name of the StaticGatewayConfiguration of its own namespace (spec.md C1). */
export const podAnnotation = 'kubernetes.azure.com/static-gateway-configuration';

/** On a StaticGatewayConfiguration: how connections are spread over its gateways, one of `spreads`. Absent: the worker-agent's setting. */
export const spreadAnnotation = `${apiGroup}/spread`;

export const spreads = ['perPod', 'perConnection'] as const;

/** Holds a StaticGatewayConfiguration until everything that it made in the cloud is gone (spec.md B9). */
export const cloudResourcesFinalizer = `${apiGroup}/cloud-resources`;

/** Who owns which fields (server-side apply). */
export const fieldManagers = {
  operator: 'segw-operator',
  workerAgent: 'segw-worker-agent',
  gatewayAgent: 'segw-gateway-agent',
} as const;

export const labels = {
  /** AKS: `gateway` on the nodes of a gateway pool. Compare the value without regard to case. */
  aksMode: 'kubernetes.azure.com/mode',
  /** AKS: the name of the node's pool. */
  aksAgentPool: 'kubernetes.azure.com/agentpool',
  /** Self-managed clusters: `true` on gateway nodes. */
  gatewayNode: 'kubeegressgateway.azure.com/mode',
  /** Keeps a gateway node out of the cluster's load balancers. */
  excludeFromLoadBalancers: 'node.kubernetes.io/exclude-from-external-load-balancers',
  /** On each CRD of ours; CRDs of the group without it are another product's (design.md section 3). */
  partOf: 'app.kubernetes.io/part-of',
} as const;

/** The value of `labels.partOf`. */
export const productName = 'static-egress-gateway';

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule';
}

export const taints = {
  aksGateway: { key: labels.aksMode, value: 'gateway', effect: 'NoSchedule' },
  gatewayNode: { key: labels.gatewayNode, value: 'true', effect: 'NoSchedule' },
  /** On a node that joins while the plugin is not chained yet; only where the setting asks for it. */
  cniNotReady: { key: `${apiGroup}/cni-not-ready`, effect: 'NoSchedule' },
} as const satisfies Record<string, Taint>;
