import type { Benchmark } from '../benchmark.ts';
import { toFigure, type Figure } from '../figure.ts';
import { inTrafficScene, overGateways } from '../traffic-scene.ts';
import { tunnelKind } from '../tunnel-processes.ts';
import { runDrain, type DrainRun } from './drain-run.ts';

/** E4: a gateway is cordoned and drained, as a person does before an upgrade. */
export const drainBenchmark: Benchmark = {
  name: 'drain',
  description: 'a gateway is cordoned and drained under traffic: what is lost, what still goes by it (E4)',
  defaultRuns: 30,
  run: async (context, { runs, progress, tell }) =>
    inTrafficScene(context, { progress }, async (scene) => {
      const drained = await overGateways(scene, { runs, progress, title: 'gateway drained' }, runDrain);
      const { gateways, context: own } = scene.world;
      tell({
        ...drainFacts(drained),
        wrongSourcePackets: await scene.clients.wrongSourcePackets(),
        gateways: gateways.length,
        tunnel: await tunnelKind(own.settings),
      });
      return drainFigures(drained);
    }),
};

const none = 'E4: 0';

function drainFigures(runs: readonly DrainRun[]): readonly Figure[] {
  const figure = (name: string, unit: string, target: string, of: (run: DrainRun) => number): Figure =>
    toFigure({ name, unit, target, values: runs.map((run) => Math.round(of(run))) });
  return [
    figure('datagrams lost', 'datagrams', none, ({ lostDatagrams }) => lostDatagrams),
    figure('established TCP connections ended', 'connections', none, ({ endedConnections }) => endedConnections),
    figure('new TCP connections failed', 'connections', none, ({ failedConnections }) => failedConnections),
    figure('new TCP connections', 'connections', '-', ({ connections }) => connections),
    figure('packets of new connections by the draining gateway', 'packets', none, (run) => run.packetsByDrainingGateway),
    figure('longest silence of a 10 ms UDP echo', 'ms', '-', ({ longestSilenceMs }) => longestSilenceMs),
    figure('cordon to other gateways for all new connections', 'ms', '-', ({ movedMs }) => movedMs),
    figure('end of the traffic to the end of the drain', 'ms', '-', ({ drainedMs }) => drainedMs),
  ];
}

function drainFacts(runs: readonly DrainRun[]) {
  const total = (of: (run: DrainRun) => number): number => runs.reduce((sum, run) => sum + of(run), 0);
  return {
    lostDatagrams: total(({ lostDatagrams }) => lostDatagrams),
    endedConnections: total(({ endedConnections }) => endedConnections),
    failedConnections: total(({ failedConnections }) => failedConnections),
    connections: total(({ connections }) => connections),
    packetsByDrainingGateway: total((run) => run.packetsByDrainingGateway),
  };
}
