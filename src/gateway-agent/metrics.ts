import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Pass, PlaneState } from './gateway-plane.ts';

export interface GatewayAgentMetrics {
  readonly registry: Registry;
  readonly onPass: (state: PlaneState, pass: Pass) => void;
  /** Of the thread that answers probes. */
  threadPriority(priority: string): void;
  /** Who runs the tunnels. */
  wireguardKind(kind: string): void;
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
  const priorities = new Gauge({
    name: 'segw_probe_thread_priority',
    help: '1 for the priority that the thread has which answers probes: real-time, nice or normal.',
    labelNames: ['priority'],
    registers,
  });
  const wireguard = new Gauge({
    name: 'segw_wireguard_info',
    help: '1 for what runs the tunnels of the node: kernel or wireguard-go.',
    labelNames: ['kind'],
    registers,
  });
  return {
    registry,
    threadPriority(priority) {
      priorities.reset();
      priorities.set({ priority }, 1);
    },
    wireguardKind: (kind) => wireguard.set({ kind }, 1),
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
