import { formatCidr } from '../base/addresses.ts';
import { definedOnly } from '../base/defined.ts';
import type { Lease } from '../kube/lease.ts';
import type { Node } from './cluster-objects.ts';
import type { ClusterSpec, NodeSpec } from './cluster-platform.ts';
import { changedTaints, desiredLabels } from './node-labels.ts';

/**
 * What keeps the node from being ready, in words; `undefined` when nothing does. A condition outlives a power-off by the grace period,
 * so a lease renewed at `since` or later has to confirm it.
 */
export function unreadyReason(node: Node | undefined, lease: Lease | undefined, since: Date): string | undefined {
  if (!node) return 'it has not registered';
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') return `NotReady: ${ready?.message ?? 'no condition yet'}`;
  const renewedAt = lease?.spec?.renewTime;
  if (!renewedAt) return 'its lease is not there';
  return new Date(renewedAt) < since ? `its lease was last renewed at ${new Date(renewedAt).toISOString()}` : undefined;
}

/** A merge patch of what on Azure the cloud's controllers set: labels, the pod network, the machine's id. `null` takes a label away. */
export function desiredNodePatch(cluster: ClusterSpec, node: NodeSpec) {
  const podCidr = formatCidr(node.podCidr);
  const former = Object.fromEntries(node.formerLabels.map((key) => [key, null]));
  return {
    metadata: { labels: { ...former, ...desiredLabels(cluster, node) } },
    spec: { podCIDR: podCidr, podCIDRs: [podCidr], providerID: node.providerId },
  };
}

/**
 * A merge patch that brings the taints of a running node to its pool's; `undefined`: they are right. The list is replaced as a whole, so
 * the patch holds only for the version that was read.
 */
export function desiredTaintPatch(running: Node, node: NodeSpec) {
  const taints = changedTaints(running.spec?.taints ?? [], node);
  if (taints === undefined) return undefined;
  const { resourceVersion } = running.metadata;
  return {
    metadata: definedOnly({ resourceVersion }),
    spec: { taints },
  };
}
