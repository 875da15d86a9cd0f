import { setTimeout as sleep } from 'node:timers/promises';
import { inStep } from '../../base/progress.ts';
import { startPod } from './bench-pods.ts';
import type { Benchmark } from './benchmark.ts';
import { annotated, inDataplaneWorld, type DataplaneWorld } from './dataplane-world.ts';
import { toFigure, type Figure } from './figure.ts';
import { processesOf, type NodeProgram } from './node-processes.ts';
import { processorSeconds } from './process-usage.ts';

const windowSeconds = 60;
const settleMs = 15_000;

/** E15: two workers that probe three gateways, a pod on each, and nothing else. A run is a minute; each agent of each node counts once. */
export const idleBenchmark: Benchmark = {
  name: 'idle',
  description: 'CPU of the agents with three gateways probed, over a minute (E15)',
  defaultRuns: 1,
  run: async (context, { runs, progress }) =>
    inDataplaneWorld(context, { gateways: 3, progress }, async (world) => {
      for (const nodeName of world.workers) await startPod(world.kubectl, { name: nodeName, annotations: annotated, nodeName });
      await sleep(settleMs, undefined, { signal: context.signal });
      return inStep(progress, `${String(runs)} runs of ${String(windowSeconds)} s`, async () =>
        Promise.all([measure(world, 'worker-agent', runs), measure(world, 'gateway-agent', runs)]),
      );
    }),
};

async function measure(world: DataplaneWorld, program: NodeProgram, runs: number): Promise<Figure> {
  const { signal, settings } = world.context;
  // A gateway node runs a worker-agent as well, and that probes nobody.
  const nodes = program === 'worker-agent' ? world.workers : world.gateways;
  const ids = (await Promise.all(nodes.map(async (node) => processesOf(settings, program, node)))).flat();
  const shares: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const beganMs = performance.now();
    const before = await Promise.all(ids.map(processorSeconds));
    await sleep(windowSeconds * 1000, undefined, { signal });
    const after = await Promise.all(ids.map(processorSeconds));
    const seconds = (performance.now() - beganMs) / 1000;
    shares.push(...after.map((value, index) => Math.round(((value - (before[index] ?? 0)) / seconds) * 1e4) / 100));
  }
  return toFigure({ name: program, unit: '% of a core', target: '<= 2', values: shares });
}
