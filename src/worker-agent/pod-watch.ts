import { podAnnotation } from '../api/names.ts';
import type { SegwError } from '../base/error.ts';
import type { Admission } from './admission.ts';
import { sgcKeyOf, type RegisteredPod } from './attached-pods.ts';
import type { Pod } from './kube-kinds.ts';
import { annotationProblem } from './pod-annotation.ts';
import type { PodLinks } from './pod-links.ts';

/** What the pods of this node, as the API server has them, mean for the registry. */
export interface PodChanges {
  /** New entries, or entries with another SGC or in another phase. */
  readonly put: readonly RegisteredPod[];
  readonly remove: readonly RegisteredPod[];
  readonly troubles: readonly PodTrouble[];
}

/** An annotated pod that is not, or not yet, treated as its annotation asks. */
export type PodTrouble =
  /** It shares the node's network: no plugin is called for it, so nothing can be done (spec.md C3). */
  | { readonly kind: 'host-network'; readonly pod: Pod }
  /** It reaches the cluster and nothing outside. */
  | { readonly kind: 'guarded'; readonly pod: Pod; readonly sgc: string; readonly error: SegwError }
  /** It goes on using the SGC `current`. */
  | { readonly kind: 'unchanged'; readonly pod: Pod; readonly sgc: string; readonly current: string; readonly error: SegwError };

export interface PodFacts {
  /** Of this node, as the API server has them. */
  readonly pods: readonly Pod[];
  readonly registered: readonly RegisteredPod[];
  /** Whether annotated pods that are not registered are taken. Not while the feature goes: nobody reads their annotation any more. */
  readonly takesNew: boolean;
  /** Uids of pods that have passed ADD and that the API server has not shown yet: the kubelet hears of a pod before we do. */
  readonly awaited: ReadonlySet<string>;
  readonly links: PodLinks;
  readonly admission: (sgcKey: string) => Admission;
}

/**
 * A running pod whose annotation comes or changes is attached as soon as its SGC can be used. Until then one that had none is guarded,
 * and so is one that started before the plugin; one that had another SGC keeps it. One whose annotation goes is detaching. Pods that
 * vanished without a DEL are leaving.
 */
export function podChanges(facts: PodFacts): PodChanges {
  const { pods, registered, awaited } = facts;
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
  const verdicts = pods.map((pod) => verdictOn(pod, facts));
  const vanished = registered.filter(({ uid, phase }) => phase === 'attached' && !byUid.has(uid) && !awaited.has(uid));
  return {
    put: [
      ...verdicts.flatMap(({ put }) => (put ? [put] : [])),
      ...vanished.map((pod): RegisteredPod => ({ ...pod, phase: 'leaving' })),
    ],
    remove: registered.filter(({ uid, phase }) => (phase === 'guarded' || phase === 'gone') && !byUid.has(uid)),
    troubles: verdicts.flatMap(({ trouble }) => (trouble ? [trouble] : [])),
  };
}

interface PodVerdict {
  readonly put?: RegisteredPod;
  readonly trouble?: PodTrouble;
}

const nothing: PodVerdict = {};

function verdictOn(pod: Pod, facts: PodFacts): PodVerdict {
  const sgc = sgcOf(pod);
  const own = facts.registered.filter(({ uid }) => uid === pod.metadata.uid);
  const current = own.findLast(({ phase }) => currentPhases.has(phase));
  if (sgc === undefined) return current ? detached(pod, current) : nothing;
  if (current) return wanting(pod, current, sgc, facts);
  return facts.takesNew || own.length > 0 ? unregistered(pod, own, sgc, facts) : nothing;
}

/** Those of a pod that is there. */
const currentPhases: ReadonlySet<RegisteredPod['phase']> = new Set(['attached', 'guarded', 'detaching'] as const);

function unregistered(pod: Pod, own: readonly RegisteredPod[], sgc: string, facts: PodFacts): PodVerdict {
  if (pod.spec?.hostNetwork === true) return { trouble: { kind: 'host-network', pod } };
  const found = isKnown(pod, own) ? undefined : findPod(pod, facts.links);
  return found ? wanting(pod, { ...found, sgc, phase: 'guarded' }, sgc, facts) : nothing;
}

function detached(pod: Pod, current: RegisteredPod): PodVerdict {
  return current.phase === 'detaching' || isOlder(pod, current) ? nothing : { put: { ...current, phase: 'detaching' } };
}

/** `current`: the pod's entry, or the one that it would have if it were guarded. */
function wanting(pod: Pod, current: RegisteredPod, sgc: string, { registered, admission }: PodFacts): PodVerdict {
  if ((current.phase === 'attached' && current.sgc === sgc) || isOlder(pod, current)) return nothing;
  const error = annotationProblem(sgc) ?? errorOf(admission(sgcKeyOf({ ...current, sgc })));
  if (!error) return { put: { ...current, sgc, phase: 'attached' } };
  if (current.phase === 'attached') return { trouble: { kind: 'unchanged', pod, sgc, current: current.sgc, error } };
  const guarded: RegisteredPod = { ...current, sgc, phase: 'guarded' };
  const isNews = current.phase !== 'guarded' || current.sgc !== sgc || !registered.includes(current);
  return { ...(isNews && { put: guarded }), trouble: { kind: 'guarded', pod, sgc, error } };
}

function errorOf(admission: Admission): SegwError | undefined {
  return admission.kind === 'admit' ? undefined : admission.error;
}

/**
 * What the API server shows may be older than what ADD was told: the kubelet hears of a change before we do. Only an object with the
 * address that ADD gave, which the kubelet wrote afterwards, is younger for certain.
 */
function isOlder({ status }: Pod, { address }: RegisteredPod): boolean {
  return status?.podIP !== address;
}

/** A pod whose sandbox is gone is known only as long as it shows its old address: another one comes from a sandbox that we never saw. */
function isKnown({ status }: Pod, own: readonly RegisteredPod[]): boolean {
  return own.some(({ phase, address }) => phase !== 'gone' || status?.podIP === undefined || status.podIP === address);
}

/** A pod that runs and never passed ADD. */
function findPod(pod: Pod, links: PodLinks): Omit<RegisteredPod, 'sgc' | 'phase'> | undefined {
  const { uid, namespace, name } = pod.metadata;
  const address = pod.status?.podIP;
  if (!mayHaveNetwork(pod) || address === undefined || uid === undefined || namespace === undefined) return undefined;
  const veth = links.linkTo(address);
  return veth === undefined ? undefined : { uid, namespace, name, containerId: '', veth, address };
}

/** Of a pod that ends or has ended, the address may be another's already. */
function mayHaveNetwork({ metadata, status }: Pod): boolean {
  const isStarted = status?.phase === 'Pending' || status?.phase === 'Running';
  return isStarted && metadata.deletionTimestamp === undefined;
}

function sgcOf({ metadata }: Pod): string | undefined {
  return metadata.annotations?.[podAnnotation];
}
