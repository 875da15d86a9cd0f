import { systemNamespace } from '../../api/names.ts';
import type { KubeClient } from '../../kube/client.ts';
import { listAll } from '../../kube/list-watch.ts';
import { keyOf } from '../../kube/object.ts';
import { nodeKind, podKind } from '../cluster-objects.ts';

/**
 * Deletes our pods on nodes that are gone: no kubelet will ever say that they have ended. The cluster does the same, but only when it
 * has missed the node for 40 s (kubernetes: pkg/controller/podgc, quarantineTime), and until then the namespace stays.
 */
export async function deleteOrphanedPods(client: KubeClient, signal: AbortSignal): Promise<void> {
  const { items: pods } = await listAll(client, podKind, { selection: { namespace: systemNamespace }, signal });
  // After the pods: a node that comes meanwhile is not missed.
  const { items: nodes } = await listAll(client, nodeKind, { signal });
  const present = new Set(nodes.map(({ metadata }) => metadata.name));
  const orphaned = pods.filter(({ spec }) => spec?.nodeName !== undefined && !present.has(spec.nodeName));
  for (const pod of orphaned) await client.delete(podKind, keyOf(pod), { gracePeriodSeconds: 0, signal });
}
