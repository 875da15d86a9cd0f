import { inStep } from '../../base/progress.ts';
import { startPod } from './bench-pods.ts';
import type { Benchmark } from './benchmark.ts';
import { annotated, benchNamespace, firstWorker, inDataplaneWorld } from './dataplane-world.ts';
import { runFailovers } from './failover-cost/run-failovers.ts';
import { toFigure, type Figure } from './figure.ts';
import { readNodeUsage } from './node-usage.ts';
import { addAndDelete, startNodeChain } from './plugin-chain/node-chain.ts';

/** So many ADD and DEL for each failover. */
const addsPerFailover = 10;
/** Caches fill and heaps grow before that. */
const warmUp = 500;
const pods = 250;

/**
 * F1: what is left over after many ADD and DEL of annotated pods by the plugins of a real node, and after many failovers of a worker's
 * dataplane. A run is an ADD and its DEL.
 */
export const leakBenchmark: Benchmark = {
  name: 'leak',
  description: 'descriptors, devices, namespaces, nft elements and memory after many ADD and DEL, and after many failovers',
  defaultRuns: 10_000,
  async run(context, { runs, progress }) {
    const failovers = Math.ceil(runs / addsPerFailover);
    const adds = await inDataplaneWorld(context, { gateways: 2, progress }, async (world) => {
      const node = firstWorker(world);
      await startPod(world.kubectl, { name: 'holds-the-configuration', annotations: annotated, nodeName: node });
      const chain = await startNodeChain(world.context, node);
      const pod = { namespace: benchNamespace, annotations: annotated };
      const addAll = async (count: number): Promise<void> => {
        for (let run = 0; run < count; run += 1) await addAndDelete(chain, 'whole', pod);
      };
      try {
        await inStep(progress, 'warm up', async () => addAll(Math.min(runs, warmUp)));
        const before = await readNodeUsage(world.context, node);
        await inStep(progress, `${String(runs)} ADD and DEL`, async () => addAll(runs));
        return toGrowth(`${String(runs)} ADD and DEL`, before, await readNodeUsage(world.context, node));
      } finally {
        await chain.stop();
      }
    });
    const { before, after } = await inStep(progress, `${String(failovers)} failovers`, async () =>
      runFailovers(context, { pods, runs: failovers }),
    );
    return [...adds, ...toGrowth(`${String(failovers)} failovers`, before, after)];
  },
};

/** How much more there is of each thing. */
function toGrowth<Thing extends string>(
  cause: string,
  before: Readonly<Record<Thing, number>>,
  after: Readonly<Record<Thing, number>>,
): readonly Figure[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets what the keys are
  const things = Object.keys(before) as Thing[];
  return things.map((thing) =>
    toFigure({
      name: `${thing} after ${cause}`,
      unit: `more than ${String(before[thing])}`,
      target: thing.toLowerCase().endsWith('megabytes') ? 'no growth' : '0',
      values: [Math.round((after[thing] - before[thing]) * 10) / 10],
    }),
  );
}
