export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

/**
 * The counts at the end of what Node's `tap` reporter wrote; tests, not suites. A run that was cut off has no such end: at least one
 * test failed. `maySkip: false` counts a skipped test as failed.
 */
export function readTestSummary(tap: string, { maySkip }: { readonly maySkip: boolean }): TestCounts {
  const count = (name: string): number => Number(new RegExp(String.raw`^# ${name} (\d+)$`, 'm').exec(tap)?.[1] ?? Number.NaN);
  const passed = count('pass');
  const failed = count('fail') + count('cancelled') + (maySkip ? 0 : count('skipped'));
  return Number.isNaN(passed + failed) ? { passed: 0, failed: 1 } : { passed, failed };
}

/** The names of the tests that were skipped, with their reasons. */
export function skippedTests(tap: string): readonly string[] {
  return [...tap.matchAll(/^\s*ok \d+ - (.* # SKIP.*)$/gm)].map(([, name = '']) => name);
}
