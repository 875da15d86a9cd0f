import type { Progress } from '../../base/progress.ts';
import type { Context } from '../context.ts';
import type { Figure } from './figure.ts';

/** One row of `segw bench`. It works in a state folder of its own and leaves nothing. */
export interface Benchmark {
  readonly name: string;
  readonly description: string;
  readonly defaultRuns: number;
  readonly run: (context: Context, options: BenchmarkOptions) => Promise<readonly Figure[]>;
}

export interface BenchmarkOptions {
  readonly runs: number;
  readonly progress: Progress;
  /** A busy loop for each core runs beside what is measured, where the benchmark knows how. */
  readonly isBusy: boolean;
  /** Members of the JSON line beside the figures. */
  readonly tell: (facts: Readonly<Record<string, unknown>>) => void;
  /** Keeps a picture of the distribution (SVG), where the user wants one. */
  readonly draw: (chart: () => string) => Promise<void>;
}
