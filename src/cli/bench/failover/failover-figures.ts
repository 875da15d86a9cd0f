import { toFigure, type Figure } from '../figure.ts';
import { tcpFlowKinds, type TcpFlowKind } from '../traffic/traffic-plan.ts';
import type { FailoverRun } from './failover-run.ts';

/** Milliseconds. */
interface Distribution {
  readonly runs: number;
  readonly median: number;
  readonly p99: number;
  readonly worst: number;
}

/** What runs showed: a value for each client of a pod that was hit, one on each worker; of resets one for each connection. */
export interface FailoverSeries {
  readonly runs: number;
  readonly udpSilenceMs: readonly number[];
  readonly newTcpMs: readonly number[];
  readonly slowestConnectionMs: readonly number[];
  readonly resets: readonly { readonly kind: TcpFlowKind; readonly ms: number }[];
  readonly neverReset: number;
  readonly failedConnections: number;
  readonly otherGatewaySilenceMs: readonly number[];
  readonly otherGatewayFlowsDisturbed: number;
}

/** A shorter silence is no failover: no detector is so quick. */
const disturbingSilenceMs = 150;

export function toSeries(runs: readonly FailoverRun[]): FailoverSeries {
  const hit = runs.flatMap((run) => run.hit);
  const spared = runs.flatMap((run) => run.spared);
  return {
    runs: runs.length,
    udpSilenceMs: hit.flatMap(({ udpSilenceMs }) => udpSilenceMs),
    newTcpMs: hit.flatMap(({ newTcpGapMs }) => newTcpGapMs ?? []),
    slowestConnectionMs: hit.flatMap(({ slowestConnectionMs }) => slowestConnectionMs ?? []),
    resets: hit.flatMap(({ resetMs }) => resetMs),
    neverReset: total(hit.map(({ alive }) => alive.length)),
    failedConnections: total(hit.map(({ failedConnections }) => failedConnections)),
    otherGatewaySilenceMs: spared.flatMap(({ disturbance }) => disturbance.udpSilenceMs),
    otherGatewayFlowsDisturbed: total(
      spared.map(
        ({ disturbance: { resetMs, failedConnections, udpSilenceMs }, strayPackets }) =>
          resetMs.length + failedConnections + udpSilenceMs.filter((ms) => ms > disturbingSilenceMs).length + strayPackets,
      ),
    ),
  };
}

/** The table. */
export function failoverFigures(series: FailoverSeries, last: FailoverSeries): readonly Figure[] {
  const { udpSilenceMs, newTcpMs, slowestConnectionMs, resets, otherGatewaySilenceMs } = series;
  return [
    figure('longest silence of a 10 ms UDP echo', udpSilenceMs, 'E1: median <= 300, worst <= 500'),
    figure('gap between completions of new TCP', newTcpMs, 'E1: median <= 350, worst <= 500'),
    figure('slowest new connection', slowestConnectionMs, 'E1: worst <= 500'),
    ...tcpFlowKinds.map((kind) => figure(`reset of TCP: ${kind}`, durations(resets, kind), 'E3: worst <= 600')),
    ...tcpFlowKinds.map((kind) =>
      figure(`reset of TCP, last gateway: ${kind}`, durations(last.resets, kind), 'E3: worst <= 800'),
    ),
    figure('longest UDP silence on other gateways', otherGatewaySilenceMs, '-'),
  ].filter(({ n }) => n > 0);
}

/** The members of the JSON line. `runs`: gateways that were cut off. */
export function failoverFacts(series: FailoverSeries, last: FailoverSeries) {
  const { runs } = series;
  return {
    udpSilenceMs: distribution(runs, series.udpSilenceMs),
    newTcpMs: distribution(runs, series.newTcpMs),
    slowestConnectionMs: distribution(runs, series.slowestConnectionMs),
    ...resetFacts(series),
    neverReset: series.neverReset + last.neverReset,
    failedConnections: series.failedConnections,
    otherGatewayFlowsDisturbed: series.otherGatewayFlowsDisturbed,
    otherGatewaySilenceMs: distribution(runs, series.otherGatewaySilenceMs),
    lastGateway: resetFacts(last),
  };
}

function resetFacts({ runs, resets }: FailoverSeries) {
  return {
    resetMs: distribution(
      runs,
      resets.map(({ ms }) => ms),
    ),
    resetMsByKind: Object.fromEntries(tcpFlowKinds.map((kind) => [kind, distribution(runs, durations(resets, kind))])),
  };
}

function distribution(runs: number, values: readonly number[]): Distribution {
  const { median, p99, max } = figure('', values, '');
  return { runs, median, p99, worst: max };
}

function figure(name: string, values: readonly number[], target: string): Figure {
  return toFigure({ name, unit: 'ms', target, values: values.map((ms) => Math.round(ms)) });
}

function durations(resets: FailoverSeries['resets'], kind: TcpFlowKind): readonly number[] {
  return resets.filter((reset) => reset.kind === kind).map(({ ms }) => ms);
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
