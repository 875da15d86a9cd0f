import { availableParallelism } from 'node:os';
import type { Benchmark } from '../benchmark.ts';
import { withBusyLoops } from '../busy-loops.ts';
import { inTrafficScene, overGateways } from '../traffic-scene.ts';
import { tunnelKind } from '../tunnel-processes.ts';
import { failoverChart } from './failover-chart.ts';
import { failoverFacts, failoverFigures, toSeries } from './failover-figures.ts';
import { runFailover, runLastFailover } from './failover-run.ts';

/** E1 to E3: gateways are cut off one after the other, and then each as the last one that is left. */
export const failoverBenchmark: Benchmark = {
  name: 'failover',
  description: 'a gateway is cut off under traffic: silence, new connections, resets (E1, E2, E3)',
  defaultRuns: 30,
  run: async (context, { runs, progress, isBusy, tell, draw }) =>
    inTrafficScene(context, { progress }, async (scene) => {
      const busyLoops = isBusy ? availableParallelism() : 0;
      const { series, last } = await withBusyLoops(busyLoops, async () => ({
        series: toSeries(await overGateways(scene, { runs, progress, title: 'gateway cut off' }, runFailover)),
        last: toSeries(await overGateways(scene, { runs, progress, title: 'last gateway cut off' }, runLastFailover)),
      }));
      const { gateways, context: own } = scene.world;
      const tunnel = await tunnelKind(own.settings);
      const wrongSourcePackets = await scene.clients.wrongSourcePackets();
      tell({ ...failoverFacts(series, last), wrongSourcePackets, gateways: gateways.length, tunnel, busyLoops });
      await draw(() => failoverChart(series, last, `${String(runs)} runs, ${tunnel}, ${String(busyLoops)} busy loops`));
      return failoverFigures(series, last);
    }),
};
