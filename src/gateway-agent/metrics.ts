import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Pass, PlaneState } from './gateway-plane.ts';

export interface GatewayAgentMetrics {
  readonly registry: Registry;
  readonly onPass: (state: PlaneState, pass: Pass) => void;
}

/** What the gateway-agent tells Prometheus. */
export function createGatewayAgentMetrics(): GatewayAgentMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const passes = new Counter({
    name: 'segw_gateway_passes_total',
    help: 'Comparisons of the kernel with what it is to carry, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'segw_gateway_pass_seconds',
    help: 'How long such a comparison took with the changes that it led to, in seconds.',
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  const steps = new Counter({ name: 'segw_gateway_kernel_changes_total', help: 'Changes of the kernel.', registers });
  const whole = new Gauge({ name: 'segw_gateway_whole', help: '1 while the kernel carries all that it is to carry.', registers });
  const configurations = new Gauge({
    name: 'segw_gateway_configurations',
    help: 'StaticGatewayConfigurations that the gateway serves.',
    registers,
  });
  const workers = new Gauge({ name: 'segw_gateway_workers', help: 'Workers that the gateway has tunnels to.', registers });
  return {
    registry,
    onPass: ({ programmed, isWhole }, pass) => {
      passes.inc({ outcome: pass.outcome });
      seconds.observe(pass.durationMs / 1000);
      steps.inc(pass.steps);
      whole.set(isWhole ? 1 : 0);
      configurations.set(programmed?.inputs.egress.length ?? 0);
      workers.set(programmed?.inputs.workers.length ?? 0);
    },
  };
}
