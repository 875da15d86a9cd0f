import { connect, type Socket } from 'node:net';
import { hostClockMs } from '../../../base/host-clock.ts';
import type { TcpFlowKind, TcpFlowReport, TrafficPlan } from './traffic-plan.ts';

const requestIntervalMs = 20;
const uploadIntervalMs = 20;
const block = Buffer.alloc(1000, 'x');

/** One connection of this kind, for as long as it lives. */
export function startTcpFlow(kind: TcpFlowKind, { address, ports }: TrafficPlan): { stop(): TcpFlowReport } {
  const socket = connect({ host: address, port: portOf(kind, ports), noDelay: true });
  let ended: TcpFlowReport['ended'];
  const end = (how: string): void => {
    ended ??= { atMs: hostClockMs(), how };
  };
  socket.on('error', (error) => end(nameOf(error)));
  socket.on('close', () => end('closed'));
  socket.on('data', () => undefined);
  const timer = startSending(kind, socket);
  return {
    stop() {
      clearInterval(timer);
      const report = { kind, ended };
      socket.destroy();
      return report;
    },
  };
}

/** What the kernel said, such as `ECONNRESET`. */
export function nameOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

function portOf(kind: TcpFlowKind, ports: TrafficPlan['ports']): number {
  if (kind === 'download') return ports.download;
  return kind === 'upload' ? ports.upload : ports.echo;
}

function startSending(kind: TcpFlowKind, socket: Socket): NodeJS.Timeout | undefined {
  if (kind === 'request-response') return setInterval(() => socket.write('.'), requestIntervalMs);
  if (kind === 'upload') return setInterval(() => socket.write(block), uploadIntervalMs);
  return undefined;
}
