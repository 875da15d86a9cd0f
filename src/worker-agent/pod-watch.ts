import { podAnnotation } from '../api/names.ts';
import type { RegisteredPod } from './attached-pods.ts';
import type { Pod } from './kube-kinds.ts';
import type { PodLinks } from './pod-links.ts';

/** What the pods of this node, as the API server has them, mean for the registry. */
export interface PodChanges {
  /** New entries, or entries in another phase. */
  readonly put: readonly RegisteredPod[];
  readonly remove: readonly RegisteredPod[];
  /** Annotated pods that share the node's network: no plugin is called for them, so nothing can be done (spec.md C3). */
  readonly refused: readonly Pod[];
}

export interface PodFacts {
  /** Of this node, as the API server has them. */
  readonly pods: readonly Pod[];
  readonly registered: readonly RegisteredPod[];
  /** Whether annotated pods that are not registered are taken. Not while the feature goes: nobody reads their annotation any more. */
  readonly takesNew: boolean;
  /** Uids of pods that have passed ADD and that the API server has not shown yet: the kubelet hears of a pod before we do. */
  readonly awaited: ReadonlySet<string>;
  readonly links: PodLinks;
}

/**
 * Annotated pods that never passed ADD are guarded: they started before the plugin, or the annotation came later. Pods that vanished
 * without a DEL are leaving.
 */
export function podChanges({ pods, registered, takesNew, awaited, links }: PodFacts): PodChanges {
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
  const taken = new Set(registered.map(({ uid }) => uid));
  const annotated = pods.filter((pod) => sgcOf(pod) !== undefined && (takesNew || taken.has(pod.metadata.uid ?? '')));
  const vanished = registered.filter(({ uid, phase }) => phase === 'attached' && !byUid.has(uid) && !awaited.has(uid));
  return {
    put: [
      ...annotated.filter((pod) => !isKnown(pod, registered)).flatMap((pod) => toGuarded(pod, links)),
      ...vanished.map((pod): RegisteredPod => ({ ...pod, phase: 'leaving' })),
    ],
    remove: registered.filter(({ uid, phase }) => {
      const pod = byUid.get(uid);
      return (phase === 'guarded' && (!pod || sgcOf(pod) === undefined)) || (phase === 'gone' && !pod);
    }),
    refused: annotated.filter(({ spec }) => spec?.hostNetwork === true),
  };
}

/** A pod whose sandbox is gone is known only as long as it shows its old address: another one comes from a sandbox that we never saw. */
function isKnown({ metadata, status }: Pod, registered: readonly RegisteredPod[]): boolean {
  return registered.some(
    ({ uid, phase, address }) =>
      uid === metadata.uid && (phase !== 'gone' || status?.podIP === undefined || status.podIP === address),
  );
}

function toGuarded(pod: Pod, links: PodLinks): RegisteredPod[] {
  const { uid, namespace, name } = pod.metadata;
  const address = pod.status?.podIP;
  if (!mayHaveNetwork(pod) || address === undefined || uid === undefined || namespace === undefined) return [];
  const veth = links.linkTo(address);
  return veth === undefined
    ? []
    : [{ uid, namespace, name, containerId: '', veth, address, sgc: sgcOf(pod) ?? '', phase: 'guarded' }];
}

/** Of a pod that ends or has ended, the address may be another's already. */
function mayHaveNetwork({ metadata, spec, status }: Pod): boolean {
  const isStarted = status?.phase === 'Pending' || status?.phase === 'Running';
  return isStarted && spec?.hostNetwork !== true && metadata.deletionTimestamp === undefined;
}

function sgcOf({ metadata }: Pod): string | undefined {
  return metadata.annotations?.[podAnnotation];
}
