import type { Pod, Workload } from '../cluster-objects.ts';

/** Why the Deployment does not yet run as it is written; `undefined`: it does. */
export function deploymentLag({ metadata, spec, status }: Workload): string | undefined {
  const wanted = spec?.replicas ?? 1;
  const running = Math.min(status?.updatedReplicas ?? 0, status?.availableReplicas ?? 0);
  if (isObserved(metadata.generation, status) && running >= wanted) return undefined;
  return `Deployment ${metadata.name}: ${String(running)} of ${String(wanted)} available`;
}

/** The same of a DaemonSet. A node that is down gets its pod when it comes back: `downNodes` of them are not waited for. */
export function daemonSetLag({ metadata, spec, status }: Workload, downNodes: number): string | undefined {
  const wanted = Math.max(0, (status?.desiredNumberScheduled ?? 0) - downNodes);
  const available = status?.numberAvailable ?? 0;
  const updated = spec?.updateStrategy?.type === 'OnDelete' ? available : (status?.updatedNumberScheduled ?? 0);
  const running = Math.min(available, updated);
  if (isObserved(metadata.generation, status) && running >= wanted) return undefined;
  return `DaemonSet ${metadata.name}: ${String(running)} of ${String(wanted)} available`;
}

function isObserved(generation: number | undefined, status: Workload['status']): boolean {
  return (status?.observedGeneration ?? 0) >= (generation ?? 0);
}

/** What the pods say about why they do not run: `pod NAME: ErrImageNeverPull: ...`. */
export function podProblems(pods: readonly Pod[]): readonly string[] {
  return pods.flatMap(({ metadata, status }) => {
    const unscheduled = status?.conditions?.find(({ type, status: holds }) => type === 'PodScheduled' && holds === 'False');
    const waiting = (status?.containerStatuses ?? []).flatMap(({ state }) => state?.waiting ?? []);
    const reasons = [
      ...(unscheduled ? [`not scheduled: ${unscheduled.message ?? ''}`] : []),
      ...waiting.map(({ reason = 'waiting', message }) => (message === undefined ? reason : `${reason}: ${message}`)),
    ];
    return reasons.map((reason) => `pod ${metadata.name}: ${reason}`);
  });
}
