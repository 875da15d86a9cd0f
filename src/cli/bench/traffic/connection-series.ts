import { connect } from 'node:net';
import { nameOf } from './tcp-flow.ts';
import { wallClockMs, type ConnectionReport, type TrafficPlan } from './traffic-plan.ts';

/** A connection every `connectionIntervalMs`: it asks once, and ends when it is answered or fails. Those under way at the end are left out. */
export function startConnectionSeries({ address, ports, connectionIntervalMs }: TrafficPlan): {
  stop(): readonly ConnectionReport[];
} {
  const reports: ConnectionReport[] = [];
  const open = new Set<ReturnType<typeof connect>>();
  const timer = connectionIntervalMs === 0 ? undefined : setInterval(begin, connectionIntervalMs);

  function begin(): void {
    const startedMs = wallClockMs();
    const socket = connect({ host: address, port: ports.echo, noDelay: true }, () => socket.write('?'));
    open.add(socket);
    const end = (outcome: string): void => {
      if (open.delete(socket)) reports.push({ startedMs, endedMs: wallClockMs(), outcome });
      socket.destroy();
    };
    socket.once('data', () => end('answered'));
    socket.once('error', (error) => end(nameOf(error)));
    socket.once('close', () => end('closed'));
  }

  return {
    stop() {
      clearInterval(timer);
      for (const socket of open) socket.destroy();
      open.clear();
      return reports;
    },
  };
}
