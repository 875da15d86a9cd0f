interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * The wait before attempt `attempt` (0 = the first retry): doubles from `firstMs` to `maxMs`, with full jitter in the upper half so
 * that many clients that failed together do not come back together. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, { firstMs, maxMs }: BackoffOptions, random: () => number = Math.random): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(full / 2 + random() * (full / 2));
}
