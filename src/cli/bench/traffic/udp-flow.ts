import { createSocket } from 'node:dgram';
import { wallClockMs, type TrafficPlan, type UdpFlowReport } from './traffic-plan.ts';

/** Sends a datagram every `udpIntervalMs` from one port, whatever comes back. */
export function startUdpFlow({ address, ports, udpIntervalMs }: TrafficPlan): { stop(): UdpFlowReport } {
  const socket = createSocket('udp4');
  const answeredMs: number[] = [];
  let sent = 0;
  socket.on('message', () => answeredMs.push(wallClockMs()));
  // A refusal is an answer that is missing.
  socket.on('error', () => undefined);
  socket.connect(ports.echo, address);
  const timer = setInterval(() => {
    socket.send(String(sent), () => undefined);
    sent += 1;
  }, udpIntervalMs);
  return {
    stop() {
      clearInterval(timer);
      socket.close();
      return { sent, answeredMs };
    },
  };
}
