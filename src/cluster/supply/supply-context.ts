import type { Progress, ProgressStep } from '../../base/progress.ts';
import type { RunOptions } from '../../base/exec.ts';
import type { Architecture } from './architecture.ts';

/** What every part of the supply is told. Both folders are absolute. */
export interface SupplyContext {
  readonly cacheDir: string;
  readonly repositoryDir: string;
  readonly architecture: Architecture;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** The options of a program whose output belongs to `step` and that ends when the supply is aborted. */
export function runOptions({ signal }: SupplyContext, step: ProgressStep): RunOptions {
  return { onLine: (line) => step.line(line), ...(signal && { signal }) };
}
