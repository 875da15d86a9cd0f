import { createSocket } from 'node:dgram';
import { hostClockMs } from '../../../base/host-clock.ts';
import type { TrafficPlan, UdpFlowReport } from './traffic-plan.ts';

interface UdpFlow {
  /** No datagram goes out any more; answers are still heard. */
  pause(): void;
  stop(): UdpFlowReport;
}

/** Sends a datagram every `udpIntervalMs` from one port, whatever comes back. */
export function startUdpFlow({ address, ports, udpIntervalMs }: TrafficPlan): UdpFlow {
  const socket = createSocket('udp4');
  const answeredMs: number[] = [];
  const answered = new Set<number>();
  let sent = 0;
  socket.on('message', (message) => {
    answeredMs.push(hostClockMs());
    answered.add(Number(message.toString()));
  });
  // A refusal is an answer that is missing.
  socket.on('error', () => undefined);
  socket.connect(ports.echo, address);
  const timer = setInterval(() => {
    socket.send(String(sent), () => undefined);
    sent += 1;
  }, udpIntervalMs);
  return {
    pause: () => clearInterval(timer),
    stop() {
      clearInterval(timer);
      socket.close();
      return { sent, answeredMs, lost: Math.max(-1, ...answered) + 1 - answered.size };
    },
  };
}
