import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { Argument, Option } from 'commander';
import { parseInteger } from '../aks/aks-options.ts';
import { attachBenchmark } from '../bench/attach.ts';
import type { Benchmark } from '../bench/benchmark.ts';
import { drainBenchmark } from '../bench/drain/drain.ts';
import { failoverBenchmark } from '../bench/failover/failover.ts';
import type { Figure } from '../bench/figure.ts';
import { firstPacketBenchmark } from '../bench/first-packet.ts';
import { idleBenchmark } from '../bench/idle.ts';
import { leakBenchmark } from '../bench/leak.ts';
import { memoryBenchmark } from '../bench/memory.ts';
import { reactBenchmark } from '../bench/react.ts';
import { regionBenchmark } from '../bench/region.ts';
import { regionKillBenchmark } from '../bench/region-kill.ts';
import { soakBenchmark } from '../bench/soak/soak.ts';
import { startBenchmark } from '../bench/start.ts';
import { throughputBenchmark } from '../bench/throughput/throughput.ts';
import type { RegisterCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { outputOption, writeTable, writeValue, type OutputFormat } from '../output.ts';
import { createProgress } from '../progress.ts';
import { requireRoot } from '../require-root.ts';

/** Adding a benchmark = one file and one line. */
const benchmarks: readonly Benchmark[] = [
  startBenchmark,
  regionBenchmark,
  regionKillBenchmark,
  attachBenchmark,
  failoverBenchmark,
  drainBenchmark,
  soakBenchmark,
  firstPacketBenchmark,
  throughputBenchmark,
  reactBenchmark,
  idleBenchmark,
  memoryBenchmark,
  leakBenchmark,
];

const head = ['FIGURE', 'N', 'MIN', 'MEDIAN', 'P99', 'MAX', 'UNIT', 'TARGET'];

/** `segw bench NAME`: figures with the number of runs, as JSON on one line; targets are printed beside them, never asserted. */
export const registerBench: RegisterCommand = (program, context) => {
  program
    .command('bench')
    .description(`measure: ${benchmarks.map(({ name, description }) => `${name} (${description})`).join('; ')}`)
    .addArgument(new Argument('<name>', 'what to measure').choices(benchmarks.map(({ name }) => name)))
    .addOption(new Option('--runs <number>', 'how often (soak: minutes)').argParser(parseInteger))
    .option('--busy', 'a busy loop for each core beside what is measured (failover)')
    .option('--chart <file>', 'draw the distribution as SVG (failover)')
    .addOption(outputOption())
    .action(async (name: string, options: BenchOptions) => {
      const running = context();
      requireRoot(running, 'bench');
      for (const benchmark of benchmarks.filter((candidate) => candidate.name === name))
        await runBenchmark(benchmark, running, options);
    });
};

interface BenchOptions {
  readonly runs?: number;
  readonly busy?: boolean;
  readonly chart?: string;
  readonly output: OutputFormat;
}

async function runBenchmark(
  { name, defaultRuns, run }: Benchmark,
  context: Context,
  { runs = defaultRuns, busy: isBusy = false, chart: chartFile, output }: BenchOptions,
): Promise<void> {
  const { stdout, stderr } = context;
  const facts: Record<string, unknown> = {};
  const figures = await run(context, {
    runs,
    progress: createProgress(stderr),
    isBusy,
    tell: (more) => void Object.assign(facts, more),
    async draw(chart) {
      if (chartFile !== undefined) await writeFile(chartFile, chart());
    },
  });
  const result = { benchmark: name, machine: machine(), ...facts, figures };
  if (output === 'table') {
    writeTable(stdout, head, figures.map(toCells));
    for (const [fact, value] of Object.entries(facts))
      if (typeof value === 'number' || typeof value === 'string') stdout.write(`${fact}: ${String(value)}\n`);
  } else if (output === 'json') stdout.write(`${JSON.stringify(result)}\n`);
  else writeValue(stdout, output, result);
}

function machine() {
  const [processor] = cpus();
  return {
    processor: processor?.model ?? '',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
  };
}

function toCells({ name, n, min, median, p99, max, unit, target }: Figure): readonly string[] {
  return [name, String(n), ...[min, median, p99, max].map(String), unit, target];
}
