import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { Argument, Option } from 'commander';
import { parseInteger } from '../aks/aks-options.ts';
import type { Benchmark } from '../bench/benchmark.ts';
import type { Figure } from '../bench/figure.ts';
import { regionBenchmark } from '../bench/region.ts';
import { regionKillBenchmark } from '../bench/region-kill.ts';
import { startBenchmark } from '../bench/start.ts';
import type { RegisterCommand } from '../command.ts';
import { outputOption, writeTable, writeValue, type OutputFormat } from '../output.ts';
import { createProgress } from '../progress.ts';
import { requireRoot } from '../require-root.ts';

/** Adding a benchmark = one file and one line. */
const benchmarks: readonly Benchmark[] = [startBenchmark, regionBenchmark, regionKillBenchmark];

const head = ['FIGURE', 'N', 'MIN', 'MEDIAN', 'P99', 'MAX', 'UNIT', 'TARGET'];

/** `segw bench NAME`: figures with the number of runs; targets are printed beside them, never asserted. */
export const registerBench: RegisterCommand = (program, context) => {
  program
    .command('bench')
    .description(`measure: ${benchmarks.map(({ name, description }) => `${name} (${description})`).join('; ')}`)
    .addArgument(new Argument('<name>', 'what to measure').choices(benchmarks.map(({ name }) => name)))
    .addOption(new Option('--runs <number>', 'how often').argParser(parseInteger))
    .addOption(outputOption())
    .action(async (name: string, { runs, output }: { readonly runs?: number; readonly output: OutputFormat }) => {
      const running = context();
      requireRoot(running, 'bench');
      for (const benchmark of benchmarks.filter((candidate) => candidate.name === name)) {
        const figures = await benchmark.run(running, {
          runs: runs ?? benchmark.defaultRuns,
          progress: createProgress(running.stderr),
        });
        if (output === 'table') writeTable(running.stdout, head, figures.map(toCells));
        else writeValue(running.stdout, output, { benchmark: name, machine: machine(), figures });
      }
    });
};

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
