import { labels } from '../api/names.ts';
import type { Node } from './cluster-kinds.ts';

/** Whether the node belongs to a gateway node pool, by the label of AKS or by that of self-managed clusters. */
export function isGatewayNode({ metadata }: Node): boolean {
  return metadata.labels?.[labels.aksMode]?.toLowerCase() === 'gateway' || metadata.labels?.[labels.gatewayNode] === 'true';
}

export function isLinuxNode({ metadata, status }: Node): boolean {
  return (metadata.labels?.['kubernetes.io/os'] ?? status?.nodeInfo?.operatingSystem ?? 'linux') === 'linux';
}

/** False once the cluster has given the node up; a node of which nothing is said yet counts as ready. */
export function isNodeReady({ status }: Node): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready === undefined || ready.status === 'True';
}
