import type { Invocation } from '../cni/invocation.ts';
import type { RegisteredPod } from './attached-pods.ts';
import type { PodLinks } from './pod-links.ts';

/**
 * What DEL does: the pod of this very sandbox is leaving. Late DELs, of sandboxes that are gone, concern nobody: the address may be
 * another pod's by then (kubernetes-lab.md, section 4).
 */
export function leavingPods({ containerId }: Invocation, pods: readonly RegisteredPod[]): RegisteredPod[] {
  return pods
    .filter((pod) => pod.containerId === containerId && pod.phase === 'attached')
    .map((pod) => ({ ...pod, phase: 'leaving' }));
}

/**
 * Pods that are gone: their link is, so nothing more can come from them. A pod that has passed DEL is guarded until then: a dead pod's
 * sockets still send, and without us these packets would have the node's address.
 */
export function departedPods(pods: readonly RegisteredPod[], links: PodLinks): RegisteredPod[] {
  return pods.filter(({ phase, veth }) => phase !== 'gone' && !links.exists(veth)).map((pod) => ({ ...pod, phase: 'gone' }));
}
