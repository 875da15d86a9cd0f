import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Reconciled } from '../kube/controller.ts';

export interface OperatorMetrics {
  readonly registry: Registry;
  readonly onReconciled: (controller: string, reconciled: Reconciled) => void;
  /** From now on, whether this replica leads is told as well. */
  readonly observeLeadership: (isLeading: () => boolean) => void;
}

/** What the operator tells Prometheus. Names follow controller-runtime, so that dashboards for that fit. */
export function createOperatorMetrics(): OperatorMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciles that have ended, by controller and result.',
    labelNames: ['controller', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'How long a reconcile took, in seconds.',
    labelNames: ['controller'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300],
    registers,
  });
  const depth = new Gauge({ name: 'workqueue_depth', help: 'Keys that wait.', labelNames: ['controller'], registers });
  return {
    registry,
    onReconciled: (controller, { outcome, durationMs, waiting }) => {
      total.inc({ controller, result: outcome });
      seconds.observe({ controller }, durationMs / 1000);
      depth.set({ controller }, waiting);
    },
    observeLeadership: (isLeading) => {
      registry.registerMetric(
        new Gauge({
          name: 'leader_election_master_status',
          help: '1 while this replica leads.',
          registers: [],
          collect(): void {
            this.set(isLeading() ? 1 : 0);
          },
        }),
      );
    },
  };
}
