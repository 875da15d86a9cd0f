import { connect } from 'node:net';
import { hostClockMs } from '../../../base/host-clock.ts';
import { nameOf } from './tcp-flow.ts';
import { unfinished, type ConnectionReport, type TrafficPlan } from './traffic-plan.ts';

interface ConnectionSeries {
  /** No connection begins any more. */
  pause(): void;
  stop(): readonly ConnectionReport[];
}

/** A connection every `connectionIntervalMs`: it asks once, and ends when it is answered or fails; `unfinished` when the client stops first. */
export function startConnectionSeries({ address, ports, connectionIntervalMs }: TrafficPlan): ConnectionSeries {
  const reports: ConnectionReport[] = [];
  const open = new Map<ReturnType<typeof connect>, (outcome: string) => void>();
  const timer = connectionIntervalMs === 0 ? undefined : setInterval(begin, connectionIntervalMs);

  function begin(): void {
    const startedMs = hostClockMs();
    const socket = connect({ host: address, port: ports.echo, noDelay: true }, () => socket.write('?'));
    const end = (outcome: string): void => {
      if (open.delete(socket)) reports.push({ startedMs, endedMs: hostClockMs(), outcome });
      socket.destroy();
    };
    open.set(socket, end);
    socket.once('data', () => end('answered'));
    socket.once('error', (error) => end(nameOf(error)));
    socket.once('close', () => end('closed'));
  }

  const pause = (): void => clearInterval(timer);
  return {
    pause,
    stop() {
      pause();
      for (const end of open.values()) end(unfinished);
      return reports;
    },
  };
}
