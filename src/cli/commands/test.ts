import { globSync } from 'node:fs';
import { run as runTests } from 'node:test';
import { spec } from 'node:test/reporters';
import { pipeline } from 'node:stream/promises';
import { SegwError } from '../../base/error.ts';
import type { Context } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import type { RegisterCommand } from '../command.ts';
import { testLevels, type TestLevel } from '../test-levels.ts';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

/** `segw test [level...]`: the last line is `N passed, N failed` over everything that ran. */
export const registerTest: RegisterCommand = (program, context) => {
  program
    .command('test')
    .description(`run the tests; levels: ${testLevels.map(({ name }) => name).join(', ')} (default: all of them)`)
    .argument('[level...]')
    .action(async (names: readonly string[]) => {
      const counts = await runLevels(selectLevels(names), context());
      context().stdout.write(`${String(counts.passed)} passed, ${String(counts.failed)} failed\n`);
      if (counts.failed > 0 || counts.passed === 0) throw new ExitCode(1);
    });
};

function selectLevels(names: readonly string[]): readonly TestLevel[] {
  const unknown = names.find((name) => !testLevels.some((level) => level.name === name));
  if (unknown !== undefined) {
    throw new SegwError(
      'InvalidInput',
      `level: "${unknown}" does not exist; allowed: ${testLevels.map(({ name }) => name).join(', ')}`,
    );
  }
  return names.length === 0 ? testLevels : testLevels.filter(({ name }) => names.includes(name));
}

async function runLevels(levels: readonly TestLevel[], context: Context): Promise<TestCounts> {
  let passed = 0;
  let failed = 0;
  for (const level of levels) {
    if (level.needsRoot && context.userId !== 0) {
      throw new SegwError('NeedsRoot', `the test level "${level.name}" makes network namespaces, and you are not root`);
    }
    const started = performance.now();
    const counts = await runLevel(level, context);
    passed += counts.passed;
    failed += counts.failed;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    context.stdout.write(`level ${level.name}: ${String(counts.passed)} passed, ${String(counts.failed)} failed, ${seconds} s\n`);
  }
  return { passed, failed };
}

async function runLevel(level: TestLevel, { root, stdout, signal, env }: Context): Promise<TestCounts> {
  const files = globSync([...level.globs], { cwd: root }).sort();
  if (files.length === 0) return { passed: 0, failed: 0 };
  const mayNotSkip = env['CI'] === 'true';
  let passed = 0;
  let failed = 0;
  const events = runTests({
    files: files.map((file) => `${root}/${file}`),
    cwd: root,
    concurrency: level.concurrency,
    timeout: level.timeoutMs,
    signal,
  });
  events.on('test:pass', ({ name, skip, details }) => {
    if (details.type === 'suite') return;
    if (skip === undefined) passed += 1;
    else if (mayNotSkip) {
      failed += 1;
      stdout.write(`not allowed in CI: skipped "${name}" (${String(skip)})\n`);
    }
  });
  events.on('test:fail', ({ details }) => {
    if (details.type !== 'suite' || details.error.cause === undefined) failed += 1;
  });
  await pipeline(events, new spec(), async (text: AsyncIterable<string | Buffer>) => {
    for await (const chunk of text) stdout.write(chunk);
  });
  return { passed, failed };
}
