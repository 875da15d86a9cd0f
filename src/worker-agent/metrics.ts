import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { SegwError } from '../base/error.ts';
import type { RegisteredPod } from './attached-pods.ts';
import { createProbeMetrics, type ProbeMetrics } from './probe-metrics.ts';

export interface WorkerMetrics {
  readonly registry: Registry;
  /** Counts a call of the plugin and how long it took. */
  cniCall<T>(command: string, call: () => Promise<T>): Promise<T>;
  readonly probes: ProbeMetrics;
  /** Who runs the tunnels. */
  wireguardKind(kind: string): void;
}

/** `pods` is read at each scrape. */
export function createMetrics(pods: () => readonly RegisteredPod[]): WorkerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const calls = new Counter({
    name: 'segw_worker_cni_requests_total',
    help: 'Calls of the CNI plugin for annotated pods, by outcome: ok or the code of the error.',
    labelNames: ['command', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'segw_worker_cni_request_duration_seconds',
    help: 'How long the agent took for a call of the CNI plugin.',
    labelNames: ['command'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5, 10, 20],
    registers,
  });
  const wireguard = new Gauge({
    name: 'segw_wireguard_info',
    help: '1 for what runs the tunnels of the node: kernel or wireguard-go.',
    labelNames: ['kind'],
    registers,
  });
  registers.forEach((register) => register.registerMetric(podsGauge(pods)));
  return {
    registry,
    cniCall: async (command, call) => {
      const end = seconds.startTimer({ command });
      let outcome = 'ok';
      try {
        return await call();
      } catch (error) {
        outcome = error instanceof SegwError ? error.code : 'Internal';
        throw error;
      } finally {
        end();
        calls.inc({ command, outcome });
      }
    },
    probes: createProbeMetrics(registry),
    wireguardKind: (kind) => wireguard.set({ kind }, 1),
  };
}

function podsGauge(pods: () => readonly RegisteredPod[]): Gauge {
  return new Gauge({
    name: 'segw_worker_pods',
    help: 'Pods of this node that are ours, by phase.',
    labelNames: ['phase'],
    registers: [],
    collect() {
      this.reset();
      for (const { phase } of pods()) this.inc({ phase });
    },
  });
}
