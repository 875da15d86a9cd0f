import type { Progress } from '../../base/progress.ts';
import type { Context } from '../context.ts';
import type { Figure } from './figure.ts';

/** One row of `segw bench`. It works in a state folder of its own and leaves nothing. */
export interface Benchmark {
  readonly name: string;
  readonly description: string;
  readonly defaultRuns: number;
  readonly run: (context: Context, options: { readonly runs: number; readonly progress: Progress }) => Promise<readonly Figure[]>;
}
