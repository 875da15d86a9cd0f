import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Verdict } from '../tunnel-probe/detector.ts';
import type { ProbeReport } from '../tunnel-probe/prober.ts';
import { probeOutcomes } from '../tunnel-probe/probe-tally.ts';

export interface ProbeMetrics {
  gatewayVerdict(number: number, verdict: Verdict): void;
  /** A gateway was lost. `durationMs`: from the verdict until the kernel was rewritten. */
  failover(number: number, durationMs: number): void;
  report(report: ProbeReport): void;
  /** Of the thread that probes. */
  threadPriority(priority: string): void;
}

/** What the probes of gateways, and what follows from them, tell Prometheus. */
export function createProbeMetrics(registry: Registry): ProbeMetrics {
  const registers = [registry];
  const verdicts = new Counter({
    name: 'segw_worker_gateway_verdicts_total',
    help: 'Changes of what probes say of a gateway.',
    labelNames: ['gateway', 'verdict'],
    registers,
  });
  const failovers = new Histogram({
    name: 'segw_failover_duration_seconds',
    help: 'From the verdict that a gateway is lost until the kernel moves its connections or ends them; sockets that only wait hear of it a moment later.',
    labelNames: ['gateway'],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
    registers,
  });
  const probes = new Counter({
    name: 'segw_probes_total',
    help: 'Probes of a gateway, from node to node or through the tunnel, by outcome.',
    labelNames: ['gateway', 'way', 'outcome'],
    registers,
  });
  const roundTrips = new Histogram({
    name: 'segw_probe_round_trip_seconds',
    help: 'Round trip of answered probes, from node to node or through the tunnel.',
    labelNames: ['gateway', 'way'],
    buckets: [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1],
    registers,
  });
  const late = new Histogram({
    name: 'segw_probe_lateness_seconds',
    help: 'How late the thread that probes woke up.',
    buckets: [0.001, 0.0025, 0.005, 0.015, 0.05, 0.1, 0.5],
    registers,
  });
  const priorities = new Gauge({
    name: 'segw_probe_thread_priority',
    help: '1 for the priority that the thread has which probes: real-time, nice or normal.',
    labelNames: ['priority'],
    registers,
  });
  return {
    gatewayVerdict: (number, verdict) => verdicts.inc({ gateway: String(number), verdict }),
    failover: (number, durationMs) => failovers.observe({ gateway: String(number) }, durationMs / 1000),
    report({ gateways, lateMs }) {
      for (const { number, way, tally } of gateways) {
        const labels = { gateway: String(number), way };
        for (const outcome of probeOutcomes) probes.inc({ ...labels, outcome }, tally.outcomes[outcome]);
        for (const roundTripMs of tally.roundTripsMs) roundTrips.observe(labels, roundTripMs / 1000);
      }
      for (const ms of lateMs) late.observe(ms / 1000);
    },
    threadPriority(priority) {
      priorities.reset();
      priorities.set({ priority }, 1);
    },
  };
}
