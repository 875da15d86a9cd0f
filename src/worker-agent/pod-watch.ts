import { podAnnotation } from '../api/names.ts';
import type { RegisteredPod } from './attached-pods.ts';
import type { Pod } from './kube-kinds.ts';
import type { PodLinks } from './pod-links.ts';

/** What the pods of this node, as the API server has them, mean for the registry. */
export interface PodChanges {
  /** New entries, or entries in another phase. */
  readonly put: readonly RegisteredPod[];
  readonly remove: readonly RegisteredPod[];
  /** Annotated pods that share the node's network: no plugin is called for them, nothing can be done (spec.md C3). */
  readonly refused: readonly Pod[];
}

/**
 * Annotated pods that never passed ADD are guarded: they started before the plugin, or the annotation came later. Pods that are gone
 * without a DEL are leaving.
 */
export function podChanges(pods: readonly Pod[], registered: readonly RegisteredPod[], links: PodLinks): PodChanges {
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
  const annotated = pods.filter((pod) => sgcOf(pod) !== undefined);
  const known = new Set(registered.map(({ uid }) => uid));
  const guarded = registered.filter(({ phase }) => phase === 'guarded');
  return {
    put: [
      ...annotated.filter(({ metadata }) => !known.has(metadata.uid ?? '')).flatMap((pod) => toGuarded(pod, links)),
      ...registered
        .filter(({ uid, phase }) => phase === 'attached' && !byUid.has(uid))
        .map((pod): RegisteredPod => ({ ...pod, phase: 'leaving' })),
    ],
    remove: guarded.filter(({ uid, veth }) => !hasAnnotation(byUid.get(uid)) || !links.exists(veth)),
    refused: annotated.filter(({ spec }) => spec?.hostNetwork === true),
  };
}

function toGuarded(pod: Pod, links: PodLinks): RegisteredPod[] {
  const { metadata, spec, status } = pod;
  const { uid, namespace, name } = metadata;
  const address = status?.podIP;
  const isRunning = status?.phase === 'Pending' || status?.phase === 'Running';
  if (spec?.hostNetwork === true || !isRunning || address === undefined || uid === undefined || namespace === undefined) return [];
  const veth = links.linkTo(address);
  return veth === undefined ? [] : [{ uid, namespace, name, containerId: '', veth, address, sgc: sgcOf(pod) ?? '', phase: 'guarded' }];
}

function hasAnnotation(pod: Pod | undefined): boolean {
  return pod !== undefined && sgcOf(pod) !== undefined;
}

function sgcOf({ metadata }: Pod): string | undefined {
  return metadata.annotations?.[podAnnotation];
}
