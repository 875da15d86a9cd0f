import type { EgressWorker } from '../../api/egress-worker.ts';
import type { ObjectKey } from '../../kube/object.ts';
import type { Usage } from './status.ts';

/** Who uses a configuration, as the workers tell. */
export function usageOf({ namespace, name }: ObjectKey, workers: readonly EgressWorker[]): Usage {
  const pods = workers.map(({ status }) =>
    (status?.wanted ?? [])
      .filter((one) => one.namespace === namespace && one.name === name)
      .reduce((sum, one) => sum + one.pods, 0),
  );
  return { workerNodes: pods.filter((count) => count > 0).length, attachedPods: pods.reduce((sum, count) => sum + count, 0) };
}
