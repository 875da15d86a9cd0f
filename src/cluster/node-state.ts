import type { V1Lease, V1Node } from '@kubernetes/client-node';
import { formatCidr } from '../base/addresses.ts';
import type { ClusterSpec, NodeSpec } from './cluster-platform.ts';
import { desiredLabels } from './node-labels.ts';

/**
 * What keeps the node from being ready, in words; `undefined` when nothing does. A condition outlives a power-off by the grace period,
 * so a lease renewed at `since` or later has to confirm it.
 */
export function unreadyReason(node: V1Node | undefined, lease: V1Lease | undefined, since: Date): string | undefined {
  if (!node) return 'it has not registered';
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') return `NotReady: ${ready?.message ?? 'no condition yet'}`;
  const renewedAt = lease?.spec?.renewTime;
  if (!renewedAt) return 'its lease is not there';
  return new Date(renewedAt) < since ? `its lease was last renewed at ${new Date(renewedAt).toISOString()}` : undefined;
}

/** A merge patch of what on Azure the cloud's controllers set: labels, the pod network, the machine's id. */
export function desiredNodePatch(cluster: ClusterSpec, node: NodeSpec) {
  const podCidr = formatCidr(node.podCidr);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node.name, labels: { ...desiredLabels(cluster, node) } },
    spec: { podCIDR: podCidr, podCIDRs: [podCidr], providerID: node.providerId },
  } satisfies V1Node;
}
