import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SegwError } from '../../base/error.ts';
import { run } from '../../base/exec.ts';
import type { Context } from '../context.ts';
import { ExitCode } from '../exit-code.ts';
import type { RegisterCommand } from '../command.ts';
import { prepareTests } from '../test-preparation.ts';
import { isGuestLevel, testLevels, type TestLevel } from '../test-levels.ts';
import { filesOf, runTestFiles } from '../test-run.ts';
import type { TestCounts } from '../test-summary.ts';
import { runFilesInGuest } from '../vm/guest-level.ts';

/** `segw test [level...]`: the last line is `N passed, N failed` over everything that ran. */
export const registerTest: RegisterCommand = (program, context) => {
  program
    .command('test')
    .description(`run the tests; levels: ${testLevels.map(({ name }) => name).join(', ')} (default: all but vm, a guest in QEMU)`)
    .argument('[level...]')
    .option('--only <pattern...>', 'of these levels only the files that match, such as "test/privileged/linux/*"', [])
    .action(async (names: readonly string[], { only }: { readonly only: readonly string[] }) => {
      const counts = await runLevels(selectLevels(names), only, context());
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
      { remedy: 'Without a level, `segw test` runs all of them but vm.' },
    );
  }
  if (names.length === 0) return testLevels.filter((level) => !isGuestLevel(level));
  return testLevels.filter(({ name }) => names.includes(name));
}

async function runLevels(levels: readonly TestLevel[], only: readonly string[], context: Context): Promise<TestCounts> {
  const privileged = levels.find(({ needsRoot }) => needsRoot);
  if (privileged && context.userId !== 0) {
    throw new SegwError('NeedsRoot', `the test level "${privileged.name}" makes network namespaces, and you are not root`);
  }
  if (privileged) await prepareTests(context);
  let passed = 0;
  let failed = 0;
  for (const level of levels) {
    const started = performance.now();
    const counts = await runLevel(level, filesOf(level, context.root, only), context);
    passed += counts.passed;
    failed += counts.failed;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    context.stdout.write(`level ${level.name}: ${String(counts.passed)} passed, ${String(counts.failed)} failed, ${seconds} s\n`);
  }
  return { passed, failed };
}

async function runLevel(level: TestLevel, files: readonly string[], context: Context): Promise<TestCounts> {
  if (files.length === 0) return { passed: 0, failed: 0 };
  if (isGuestLevel(level)) return runFilesInGuest(level, files, context);
  if (level.ownRegion !== true) return runTestFiles(level, files, context);
  const stateDir = await mkdtemp(join(tmpdir(), 'segw-test-'));
  const env = { ...context.env, SEGW_STATE_DIR: stateDir, SEGW_PORT: undefined };
  try {
    return await runTestFiles(level, files, { ...context, env });
  } finally {
    await run(join(context.root, 'segw'), ['down', '--purge'], { env: { SEGW_STATE_DIR: stateDir } });
    await rm(`${stateDir}.before.json`, { force: true });
  }
}
