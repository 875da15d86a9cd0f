import { Worker } from 'node:worker_threads';
import type { TrafficPlan, TrafficReport } from './traffic-plan.ts';

export interface TrafficThreadData {
  /** Of the pod's network namespace, as the host sees it. */
  readonly namespacePath: string;
  readonly plan: TrafficPlan;
}

/** The thread says first that its sockets are at work. */
export type TrafficMessage = 'started' | TrafficReport;

export interface PodTraffic {
  /** Fulfilled when the client is at work, which takes a while on a busy machine. Rejected when it ends before. */
  readonly started: Promise<void>;
  stop(): Promise<TrafficReport>;
  /** Ends it, whatever it does. Twice is once. */
  end(): Promise<void>;
}

/**
 * A client in a pod's network namespace: its packets go the way of the pod's. A thread each, so that one client does not delay another.
 * `program`: `src/cmd/traffic-thread.ts`.
 */
export function startPodTraffic(program: URL, data: TrafficThreadData): PodTraffic {
  const thread = new Worker(program, { workerData: data, name: 'traffic' });
  const started = Promise.withResolvers<void>();
  const report = Promise.withResolvers<TrafficReport>();
  // Nobody may wait for the one, and nobody waits for the other before `stop`.
  for (const { promise } of [started, report]) promise.catch(() => undefined);
  thread.on('message', (message: TrafficMessage) => {
    if (message === 'started') started.resolve();
    else report.resolve(message);
  });
  thread.once('error', (error) => {
    started.reject(error);
    report.reject(error);
  });
  return {
    started: started.promise,
    async stop() {
      thread.postMessage('stop');
      try {
        return await report.promise;
      } finally {
        await thread.terminate();
      }
    },
    async end() {
      await thread.terminate();
    },
  };
}
