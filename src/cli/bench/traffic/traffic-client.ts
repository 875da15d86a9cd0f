import { setTimeout as sleep } from 'node:timers/promises';
import { startConnectionSeries } from './connection-series.ts';
import { startTcpFlow } from './tcp-flow.ts';
import type { TrafficPlan, TrafficReport } from './traffic-plan.ts';
import { startUdpFlow } from './udp-flow.ts';

interface TrafficClient {
  /** Nothing new begins, and the report waits for the answers that are under way. */
  stop(): Promise<TrafficReport>;
}

const underWayMs = 200;

/** Starts everything that `plan` names, with sockets of the calling thread. */
export function startTrafficClient(plan: TrafficPlan): TrafficClient {
  const udp = Array.from({ length: plan.udpFlows }, () => startUdpFlow(plan));
  const tcp = plan.tcpFlows.map((kind) => startTcpFlow(kind, plan));
  const connections = startConnectionSeries(plan);
  return {
    async stop() {
      for (const one of [...udp, connections]) one.pause();
      await sleep(underWayMs);
      return {
        udp: udp.map((flow) => flow.stop()),
        tcp: tcp.map((flow) => flow.stop()),
        connections: connections.stop(),
      };
    },
  };
}
