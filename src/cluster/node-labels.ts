import { SegwError } from '../base/error.ts';
import type { ClusterSpec, NodeSpec } from './cluster-platform.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Taint {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect: string;
}

const poolLabel = 'kubernetes.azure.com/agentpool';

/** What AKS and its cloud controller put on a node, and over it what the pool asks for (`NodeSpec.labels`: agent pool, mode, the user's). */
export function desiredLabels(cluster: ClusterSpec, node: NodeSpec): Labels {
  const pool = node.labels[poolLabel];
  return {
    'beta.kubernetes.io/instance-type': toLabelValue(node.vmSize),
    'failure-domain.beta.kubernetes.io/region': toLabelValue(cluster.location),
    'failure-domain.beta.kubernetes.io/zone': '0',
    'kubernetes.azure.com/cluster': toLabelValue(cluster.nodeResourceGroup),
    'kubernetes.azure.com/role': 'agent',
    'node.kubernetes.io/instance-type': toLabelValue(node.vmSize),
    'topology.kubernetes.io/region': toLabelValue(cluster.location),
    'topology.kubernetes.io/zone': '0',
    ...(pool === undefined ? {} : { agentpool: pool }),
    ...node.labels,
  };
}

/** Those that a kubelet may give itself: it refuses to start with others of Kubernetes' own, and NodeRestriction would refuse them too. */
export function kubeletLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => mayKubeletSet(key)));
}

/** Parses `key=value:Effect` or `key:Effect`. Throws `InvalidInput`. */
export function parseTaint(text: string): Taint {
  const match = /^(?<key>[^=:]+)(?:=(?<value>[^:]*))?:(?<effect>NoSchedule|PreferNoSchedule|NoExecute)$/.exec(text);
  const { key, value, effect } = match?.groups ?? {};
  if (key === undefined || effect === undefined)
    throw new SegwError('InvalidInput', `node taint "${text}": expected the form key=value:NoSchedule`);
  return { key, effect, ...(value === undefined || value === '' ? {} : { value }) };
}

/**
 * The taints of a node that runs: those of its pool, and others that it has (of controllers, of its users) unless the pool had them once.
 * A taint is known by key and effect, as the scheduler knows it. `undefined`: it has the right ones.
 */
export function changedTaints<T extends Taint>(
  current: readonly T[],
  { taints, formerTaints }: Pick<NodeSpec, 'taints' | 'formerTaints'>,
): readonly (T | Taint)[] | undefined {
  const wanted = taints.map(parseTaint);
  const replaced = new Set([...wanted, ...formerTaints.map(parseTaint)].map(taintKey));
  const result = [...current.filter((taint) => !replaced.has(taintKey(taint))), ...wanted];
  const isSame = result.length === current.length && wanted.every((taint) => current.some((one) => isSameTaint(one, taint)));
  return isSame ? undefined : result;
}

function taintKey({ key, effect }: Taint): string {
  return `${key}:${effect}`;
}

function isSameTaint(a: Taint, b: Taint): boolean {
  return taintKey(a) === taintKey(b) && (a.value ?? '') === (b.value ?? '');
}

/** kubernetes.io and k8s.io belong to Kubernetes, except for these (staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go). */
const allowedNames: ReadonlySet<string> = new Set([
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'kubernetes.io/arch',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);
const allowedNamespaces = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const reservedNamespaces = ['kubernetes.io', 'k8s.io'];

function mayKubeletSet(key: string): boolean {
  if (allowedNames.has(key)) return true;
  const namespace = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  return isWithin(namespace, allowedNamespaces) || !isWithin(namespace, reservedNamespaces);
}

function isWithin(namespace: string, parents: readonly string[]): boolean {
  return parents.some((parent) => namespace === parent || namespace.endsWith(`.${parent}`));
}

/** At most 63 characters, and alphanumeric at the end, as label values have to be: a node resource group's name may be longer. */
function toLabelValue(text: string): string {
  return text.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '');
}
