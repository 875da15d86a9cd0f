import { setTimeout as sleep } from 'node:timers/promises';
import { podAnnotation } from '../../api/names.ts';
import { inStep } from '../../base/progress.ts';
import { startPod } from './bench-pods.ts';
import type { Benchmark } from './benchmark.ts';
import { benchConfiguration, inDataplaneWorld, startConfigurations, type DataplaneWorld } from './dataplane-world.ts';
import { toFigure } from './figure.ts';
import { processesOf, type NodeProgram } from './node-processes.ts';
import { residentMegabytes } from './process-usage.ts';

const configurations = Array.from({ length: 9 }, (_, index) => `bench-${String(index)}`);
const settleMs = 20_000;
const intervalMs = 1000;
const targets: Readonly<Record<NodeProgram, string>> = {
  'worker-agent': '<= 120',
  'gateway-agent': '<= 110',
  operator: '<= 180',
};

/** E14: with ten SGCs, a pod of each, on two workers and two gateways. A run is a look at all processes; the largest of each kind counts. */
export const memoryBenchmark: Benchmark = {
  name: 'memory',
  description: 'resident memory of agents and operator with ten configurations (E14)',
  defaultRuns: 30,
  run: async (context, { runs, progress }) =>
    inDataplaneWorld(context, { gateways: 2, progress }, async (world) => {
      await inStep(progress, 'ten configurations, a pod of each', async () => useConfigurations(world));
      await sleep(settleMs, undefined, { signal: context.signal });
      const programs: readonly NodeProgram[] = ['worker-agent', 'gateway-agent', 'operator'];
      const values: Record<NodeProgram, number[]> = { 'worker-agent': [], 'gateway-agent': [], operator: [] };
      for (let run = 0; run < runs; run += 1) {
        for (const program of programs) values[program].push(await largest(world, program));
        await sleep(intervalMs, undefined, { signal: context.signal });
      }
      return programs.map((program) =>
        toFigure({ name: program, unit: 'MB', target: targets[program], values: values[program] }),
      );
    }),
};

async function useConfigurations({ kubectl, workers }: DataplaneWorld): Promise<void> {
  await startConfigurations(kubectl, configurations);
  for (const [index, name] of [benchConfiguration, ...configurations].entries())
    await startPod(kubectl, { name, annotations: { [podAnnotation]: name }, nodeName: workers[index % workers.length] ?? '' });
}

async function largest({ context }: DataplaneWorld, program: NodeProgram): Promise<number> {
  const ids = await processesOf(context.settings, program);
  return Math.max(...(await Promise.all(ids.map(residentMegabytes))));
}
