import { desiredWorker } from './desired-worker.ts';
import { diff } from './diff/diff.ts';
import { hostNamespace } from './host-state.ts';
import type { AttachedPod, WorkerInputs } from './model.ts';
import { changedWays, type SettledPod } from './pod-way.ts';
import { defaultSettings, type DataplaneSettings } from './settings.ts';
import type { Step } from './step.ts';

/**
 * What a worker does when pods are added, attached, detached, given another SGC, or gone, and when an SGC itself changes: the diff,
 * then what conntrack must forget and which sockets must hear of it, since conntrack outlives pods and SGCs. A connection that goes the
 * way that it would take anew is left alone. Source: dataplane reference, section 6.
 *
 * A detach is graceful in two changes: `phase: 'detaching'`; and, when conntrack has none of the pod's connections with a mark of
 * ours left, out of the inputs.
 */
export function movePods(before: WorkerInputs, after: WorkerInputs, settings: DataplaneSettings = defaultSettings): Step[] {
  return [
    ...diff(desiredWorker(before, settings), desiredWorker(after, settings)),
    ...gonePods(before, after).map(({ address }) => forgetAddress(address)),
    ...settle(changedWays(before, after, settings), settings),
  ];
}

/** Before a pod runs at this address, whatever the kernel knows of the address is about somebody else. */
export function forgetAddress(address: string): Step {
  return { namespace: hostNamespace, kind: 'forget-flows', flows: { source: address, protocols: 'all' } };
}

/** For a kernel that may have been changed by somebody who could not finish: whatever of the pods goes another way by now ends. */
export function settleAll(inputs: WorkerInputs, settings: DataplaneSettings = defaultSettings): Step[] {
  return settle(changedWays(undefined, inputs, settings), settings);
}

function settle(pods: readonly SettledPod[], { markMask }: DataplaneSettings): Step[] {
  return pods.length === 0 ? [] : [{ namespace: hostNamespace, kind: 'settle-flows', markMask, pods }];
}

/** A pod that is left out while it is attached is gone; so is one that got another address, as far as the kernel knows. */
function gonePods(before: WorkerInputs, after: WorkerInputs): AttachedPod[] {
  const kept = new Set(after.pods.map(identity));
  return before.pods.filter((pod) => pod.phase === 'attached' && !kept.has(identity(pod)));
}

function identity({ uid, address }: AttachedPod): string {
  return `${uid} ${address}`;
}
