import { Worker } from 'node:worker_threads';
import type { TrafficPlan, TrafficReport } from './traffic-plan.ts';

export interface TrafficThreadData {
  /** Of the pod's network namespace, as the host sees it. */
  readonly namespacePath: string;
  readonly plan: TrafficPlan;
}

export interface PodTraffic {
  stop(): Promise<TrafficReport>;
}

/**
 * A client in a pod's network namespace: its packets go the way of the pod's. A thread each, so that one client does not delay another.
 * `program`: `src/cmd/traffic-thread.ts`.
 */
export function startPodTraffic(program: URL, data: TrafficThreadData): PodTraffic {
  const thread = new Worker(program, { workerData: data, name: 'traffic' });
  const { promise: report, resolve, reject } = Promise.withResolvers<TrafficReport>();
  // Nobody waits for it before `stop`.
  report.catch(() => undefined);
  thread.once('message', resolve);
  thread.once('error', reject);
  return {
    async stop() {
      thread.postMessage('stop');
      try {
        return await report;
      } finally {
        await thread.terminate();
      }
    },
  };
}
