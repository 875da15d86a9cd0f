import { inStep } from '../../base/progress.ts';
import type { Benchmark } from './benchmark.ts';
import { withBusyLoops } from './busy-loops.ts';
import type { FailoverReport } from './failover-cost/failovers.ts';
import { runFailovers } from './failover-cost/run-failovers.ts';
import { toFigure, type Figure } from './figure.ts';

const busyLoops = 4;
const target = '<= 5 together with 250 pods';

/** E11: what a worker writes into its kernel when a gateway dies. A run is a death; nobody sends anything meanwhile. */
export const reactBenchmark: Benchmark = {
  name: 'react',
  description: 'cost of a failover on a worker: one route write, one nft transaction, with 250 pods and with 1 (E11)',
  defaultRuns: 60,
  async run(context, { runs, progress }) {
    const measure = async (title: string, pods: number): Promise<readonly Figure[]> =>
      inStep(progress, title, async () => toFigures(title, await runFailovers(context, { pods, runs })));
    return [
      ...(await measure('250 pods', 250)),
      ...(await measure('1 pod', 1)),
      ...(await withBusyLoops(busyLoops, async () => measure(`250 pods, ${String(busyLoops)} busy loops`, 250))),
    ];
  },
};

function toFigures(title: string, { routeMs, transactionMs, decisionMs, totalMs, kickMs }: FailoverReport): readonly Figure[] {
  const figure = (what: string, values: readonly number[], wanted = '-'): Figure =>
    toFigure({
      name: `${title}: ${what}`,
      unit: 'ms',
      target: wanted,
      values: values.map((value) => Math.round(value * 100) / 100),
    });
  const writes = routeMs.map((value, index) => value + (transactionMs[index] ?? 0));
  return [
    figure('route write', routeMs),
    figure('nft transaction', transactionMs),
    figure('both writes', writes, target),
    figure('decision before them', decisionMs),
    figure('verdict to the last write', totalMs),
    figure('kick, after them', kickMs),
  ];
}
