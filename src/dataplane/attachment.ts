import { desiredWorker } from './desired-worker.ts';
import { diff } from './diff/diff.ts';
import { hostNamespace } from './host-state.ts';
import type { AttachedPod, WorkerInputs } from './model.ts';
import { defaultSettings, type DataplaneSettings } from './settings.ts';
import type { FlowFilter, Step } from './step.ts';

/**
 * What a worker does when pods are added, attached, detached, given another SGC, or gone: the diff, then what conntrack must forget
 * and which sockets must hear of it, since conntrack outlives pods and SGCs. Source: dataplane reference, section 6.
 *
 * A detach is graceful in two changes: `phase: 'detaching'`; and, when conntrack has none of the pod's connections with a mark of
 * ours left, out of the inputs.
 */
export function movePods(before: WorkerInputs, after: WorkerInputs, settings: DataplaneSettings = defaultSettings): Step[] {
  return [
    ...diff(desiredWorker(before, settings), desiredWorker(after, settings)),
    ...changedPods(before, after).flatMap((change) => flowSteps(change, settings)),
  ];
}

/** Before a pod runs at this address, whatever the kernel knows of the address is about somebody else. */
export function forgetAddress(address: string): Step {
  return forget({ source: address, protocols: 'all' });
}

/** The same pod in the two inputs; absent in one of them. */
type PodChange = readonly [before: AttachedPod | undefined, after: AttachedPod | undefined];

function changedPods(before: WorkerInputs, after: WorkerInputs): PodChange[] {
  const earlier = new Map(before.pods.map((pod) => [identity(pod), pod]));
  const later = new Map(after.pods.map((pod) => [identity(pod), pod]));
  return [
    ...before.pods.filter((pod) => !later.has(identity(pod))).map((pod): PodChange => [pod, undefined]),
    ...after.pods.map((pod): PodChange => [earlier.get(identity(pod)), pod]),
  ];
}

/** A pod that got another address is another pod as far as the kernel knows. */
function identity({ uid, address }: AttachedPod): string {
  return `${uid} ${address}`;
}

function flowSteps([before, after]: PodChange, settings: DataplaneSettings): Step[] {
  if (before && !after) return before.phase === 'attached' ? [forgetAddress(before.address)] : [];
  if (!after) return [];
  const source = after.address;
  if (after.phase === 'detaching') return before?.phase === 'attached' ? [forget({ source, protocols: 'other-than-tcp' })] : [];
  if (before?.phase !== 'attached') return flowsOf({ source, mark: { value: 0, mask: settings.markMask } });
  return before.sgc === after.sgc ? [] : flowsOf({ source });
}

/** UDP would keep its old translation alive for ever. TCP is refused at its next segment; the kick makes that now. */
function flowsOf(flows: Omit<FlowFilter, 'protocols'>): Step[] {
  return [
    forget({ ...flows, protocols: 'other-than-tcp' }),
    { namespace: hostNamespace, kind: 'kick', flows: { ...flows, protocols: 'tcp' } },
  ];
}

function forget(flows: FlowFilter): Step {
  return { namespace: hostNamespace, kind: 'forget-flows', flows };
}
