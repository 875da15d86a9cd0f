import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, matchesGlob } from 'node:path';
import { execa } from 'execa';
import type { Context } from './context.ts';
import type { TestLevel } from './test-levels.ts';
import { readTestSummary, skippedTests, type TestCounts } from './test-summary.ts';

/** The level's files, relative to the repository, in the order in which they run. `only`: those that one of these patterns matches. */
export function filesOf({ globs }: TestLevel, root: string, only: readonly string[]): readonly string[] {
  const files = globSync([...globs], { cwd: root }).sort();
  return only.length === 0 ? files : files.filter((file) => only.some((pattern) => matchesGlob(file, pattern)));
}

/** Runs files in a Node of their own, prints what Node prints, and counts. */
export async function runTestFiles(level: TestLevel, files: readonly string[], context: Context): Promise<TestCounts> {
  const { root, stdout, env } = context;
  const directory = await mkdtemp(join(tmpdir(), 'segw-test-results-'));
  const resultFile = join(directory, 'results.tap');
  try {
    const child = execa(process.execPath, [...nodeArguments(level, resultFile), ...files], {
      cwd: root,
      env,
      extendEnv: false,
      stdio: ['ignore', 'pipe', 'inherit'],
      buffer: false,
      reject: false,
      cancelSignal: context.signal,
    });
    child.stdout.pipe(stdout, { end: false });
    const { failed: endedBadly } = await child;
    const tap = await readFile(resultFile, 'utf8').catch(() => '');
    return countTests({ tap, endedBadly }, context);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface TestRun {
  /** What Node's `tap` reporter wrote. */
  readonly tap: string;
  /** Node's exit code was not 0. */
  readonly endedBadly: boolean;
}

/** In CI, a skipped test is a failed one; a run that ended badly without a failed test has one. */
export function countTests({ tap, endedBadly }: TestRun, { env, stdout }: Context): TestCounts {
  const maySkip = env['CI'] !== 'true';
  if (!maySkip) for (const test of skippedTests(tap)) stdout.write(`not allowed in CI: ${test}\n`);
  const counts = readTestSummary(tap, { maySkip });
  return endedBadly && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** Of `node` for the level's files, which follow. */
export function nodeArguments({ concurrency, timeoutMs, isProcessPerFile }: TestLevel, resultFile: string): readonly string[] {
  return [
    '--test',
    ...(isProcessPerFile ? [`--test-concurrency=${String(concurrency)}`] : ['--test-isolation=none']),
    `--test-timeout=${String(timeoutMs)}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${resultFile}`,
  ];
}
