import { inStep } from '../../base/progress.ts';
import { startPod } from './bench-pods.ts';
import type { Benchmark } from './benchmark.ts';
import { annotated, benchNamespace, firstWorker, inDataplaneWorld } from './dataplane-world.ts';
import { toFigure, type Figure } from './figure.ts';
import { processOn } from './node-processes.ts';
import type { PluginDurations } from './plugin-chain/chain-caller.ts';
import type { PluginChain } from './plugin-chain/chain-thread.ts';
import { addAndDelete, startNodeChain } from './plugin-chain/node-chain.ts';
import { egressPlugin } from './plugin-chain/plugin-list.ts';

/**
 * E5, E6: how long the plugins of a real worker take to ADD, one program after the other, as its container runtime calls them. A run is
 * one ADD of each kind in turn, so that all kinds see the same machine.
 */
export const attachBenchmark: Benchmark = {
  name: 'attach',
  description: 'CNI ADD by the plugins of a real node: base plugins alone, with ours, annotated (E5, E6)',
  defaultRuns: 200,
  run: async (context, { runs, progress }) =>
    inDataplaneWorld(context, { gateways: 2, progress }, async (world) => {
      const node = firstWorker(world);
      await startPod(world.kubectl, { name: 'holds-the-configuration', annotations: annotated, nodeName: node });
      const chain = await startNodeChain(world.context, node);
      try {
        const agent = await processOn(world.context.settings, 'worker-agent', node);
        return await inStep(progress, `${String(runs)} runs`, async () => toFigures(await measure({ chain, agent, runs })));
      } finally {
        await chain.stop();
      }
    }),
};

interface Measuring {
  readonly chain: PluginChain;
  /** Process id of the node's worker-agent. */
  readonly agent: number;
  readonly runs: number;
}

interface Samples {
  readonly base: PluginDurations[];
  readonly plain: PluginDurations[];
  readonly plainWithoutAgent: PluginDurations[];
  readonly annotated: PluginDurations[];
}

async function measure({ chain, agent, runs }: Measuring): Promise<Samples> {
  const samples: Samples = { base: [], plain: [], plainWithoutAgent: [], annotated: [] };
  const plain = { namespace: benchNamespace, annotations: {} };
  for (let run = 0; run < runs; run += 1) {
    samples.base.push(await addAndDelete(chain, 'base', plain));
    samples.plain.push(await addAndDelete(chain, 'whole', plain));
    // An agent that is there and does not answer: worse than none.
    process.kill(agent, 'SIGSTOP');
    try {
      samples.plainWithoutAgent.push(await addAndDelete(chain, 'whole', plain));
    } finally {
      process.kill(agent, 'SIGCONT');
    }
    samples.annotated.push(await addAndDelete(chain, 'whole', { ...plain, annotations: annotated }));
  }
  return samples;
}

function toFigures({ base, plain, plainWithoutAgent, annotated: withAnnotation }: Samples): readonly Figure[] {
  const inMs = (name: string, target: string, values: readonly number[]): Figure =>
    toFigure({ name, unit: 'ms', target, values: values.map((value) => Math.round(value * 100) / 100) });
  const ofPlugin = (kind: readonly PluginDurations[], plugin: string): readonly number[] =>
    kind.map((durations) => durations.find(({ type }) => type === plugin)?.durationMs ?? Number.NaN);
  const ofChain = (kind: readonly PluginDurations[]): readonly number[] =>
    kind.map((durations) => durations.reduce((total, { durationMs }) => total + durationMs, 0));
  return [
    inMs('the base plugin itself (ptp)', '-', ofPlugin(base, 'ptp')),
    inMs('all base plugins', '-', ofChain(base)),
    inMs('all plugins, no annotation', '-', ofChain(plain)),
    inMs('all plugins, annotated', '-', ofChain(withAnnotation)),
    inMs('our plugin, no annotation, agent runs', 'p50 <= 2, p99 <= 6', ofPlugin(plain, egressPlugin)),
    inMs('our plugin, no annotation, agent stopped', 'p50 <= 2, p99 <= 6', ofPlugin(plainWithoutAgent, egressPlugin)),
    inMs('our plugin, annotated, SGC in use', 'p50 <= 8, less than the base plugin', ofPlugin(withAnnotation, egressPlugin)),
  ];
}
