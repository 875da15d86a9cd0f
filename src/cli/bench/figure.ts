/** What a benchmark measured of one thing, over `n` runs. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly n: number;
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  readonly max: number;
  /** From the specification, in words. */
  readonly target: string;
}

interface Samples {
  readonly name: string;
  readonly unit: string;
  readonly target: string;
  readonly values: readonly number[];
}

/** `values` must not be empty. The 99th percentile is the smallest value that 99 % do not exceed (nearest rank). */
export function toFigure({ name, unit, target, values }: Samples): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { name, unit, target, n: sorted.length, min: at(0), median: at(0.5), p99: at(0.99), max: at(1) };
}
