import { test } from 'node:test';
import { join } from 'node:path';
import { run } from '../src/base/exec.ts';
import { repositoryDir } from './support/paths.ts';

/** The tools of the repository, each a test: what fails here fails with the tool's own words. */
const tools: readonly (readonly [string, string, readonly string[]])[] = [
  ['the types hold', 'tsc', ['-p', '.']],
  ['oxlint finds nothing', 'oxlint', ['--type-aware']],
  ['the code is formatted as oxfmt formats it', 'oxfmt', ['--check', '.']],
  ['knip finds nothing that nobody uses', 'knip', []],
];

/** One after the other, and from now on: beside the tests of the same process, which leave a core to them. */
let before: Promise<unknown> = Promise.resolve();

for (const [title, tool, args] of tools) {
  const result = before.then(() =>
    run(join(repositoryDir, 'node_modules/.bin', tool), args, {
      cwd: repositoryDir,
      env: { PATH: `${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}` },
    }),
  );
  before = result.catch(() => undefined);
  test(title, async () => {
    await result;
  });
}
