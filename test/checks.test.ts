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

for (const [title, tool, args] of tools) {
  test(title, async () => {
    await run(join(repositoryDir, 'node_modules/.bin', tool), args, {
      cwd: repositoryDir,
      env: { PATH: `${join(process.execPath, '..')}:${process.env['PATH'] ?? ''}` },
    });
  });
}
