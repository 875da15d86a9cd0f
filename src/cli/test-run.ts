import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Context } from './context.ts';
import type { TestLevel } from './test-levels.ts';
import { readTestSummary, skippedTests, type TestCounts } from './test-summary.ts';

/** Runs the files of a level in a Node of their own, prints what Node prints, and counts. No file: nothing passed, nothing failed. */
export async function runTestFiles(level: TestLevel, context: Context, env: Context['env']): Promise<TestCounts> {
  const { root, stdout } = context;
  const files = globSync([...level.globs], { cwd: root }).sort();
  if (files.length === 0) return { passed: 0, failed: 0 };
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
    const maySkip = context.env['CI'] !== 'true';
    if (!maySkip) for (const test of skippedTests(tap)) stdout.write(`not allowed in CI: ${test}\n`);
    const counts = readTestSummary(tap, { maySkip });
    return endedBadly && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function nodeArguments({ concurrency, timeoutMs, isProcessPerFile }: TestLevel, resultFile: string): readonly string[] {
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
