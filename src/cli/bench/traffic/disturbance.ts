import { unfinished, type TcpFlowKind, type TrafficReport } from './traffic-plan.ts';

/** What a client noticed of an event. Milliseconds. */
export interface Disturbance {
  /** The longest time without an answer of each UDP flow. */
  readonly udpSilenceMs: readonly number[];
  /** The longest time between two completed new connections; undefined without any. */
  readonly newTcpGapMs: number | undefined;
  /** The longest that one connection took, of those that were answered or still wait. */
  readonly slowestConnectionMs: number | undefined;
  readonly failedConnections: number;
  /** From the event to the end, of the flows that ended. */
  readonly resetMs: readonly { readonly kind: TcpFlowKind; readonly ms: number }[];
  /** Flows that neither ended nor may live on. */
  readonly alive: readonly TcpFlowKind[];
}

/** Reads a report for an event at `eventMs`: only what happened from then on counts, up to `untilMs`. */
export function disturbanceOf({ udp, tcp, connections }: TrafficReport, eventMs: number, untilMs: number): Disturbance {
  const within = (atMs: number): boolean => atMs >= eventMs && atMs <= untilMs;
  const answered = connections.filter(({ outcome }) => outcome === 'answered');
  const failed = connections.filter(({ outcome }) => outcome !== 'answered' && outcome !== unfinished);
  const waiting = connections.filter((one) => one.startedMs < untilMs && (one.outcome === unfinished || one.endedMs > untilMs));
  const durations = [
    ...answered.filter(({ endedMs }) => within(endedMs)).map(({ startedMs, endedMs }) => endedMs - startedMs),
    ...waiting.map(({ startedMs }) => untilMs - startedMs),
  ];
  return {
    udpSilenceMs: udp.map(({ answeredMs }) => longestGap(answeredMs, eventMs, untilMs)),
    newTcpGapMs:
      connections.length === 0
        ? undefined
        : longestGap(
            answered.map(({ endedMs }) => endedMs).sort((a, b) => a - b),
            eventMs,
            untilMs,
          ),
    slowestConnectionMs: durations.length === 0 ? undefined : Math.max(...durations),
    failedConnections: failed.filter(({ endedMs }) => within(endedMs)).length,
    resetMs: tcp.flatMap(({ kind, ended }) => (ended && within(ended.atMs) ? [{ kind, ms: ended.atMs - eventMs }] : [])),
    alive: tcp.filter(({ ended }) => ended === undefined || ended.atMs > untilMs).map(({ kind }) => kind),
  };
}

/** The longest stretch without any of `timesMs` (ascending) that touches the time between `fromMs` and `untilMs`. */
function longestGap(timesMs: readonly number[], fromMs: number, untilMs: number): number {
  const before = timesMs.findLast((atMs) => atMs < fromMs) ?? fromMs;
  const points = [before, ...timesMs.filter((atMs) => atMs >= fromMs && atMs <= untilMs), untilMs];
  return points.slice(1).reduce((longest, atMs, index) => Math.max(longest, atMs - (points[index] ?? atMs)), 0);
}
