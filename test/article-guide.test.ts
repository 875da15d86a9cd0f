import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { articleCommands, fillIn } from './support/article.ts';
import { repositoryDir } from './support/paths.ts';

for (const command of Object.values(articleCommands).map(fillIn)) {
  test(`the guide has the article's command: ${command.split('\\')[0] ?? ''}`, async () => {
    const guide = await readFile(join(repositoryDir, 'docs/guide-article.md'), 'utf8');
    assert.ok(guide.includes(`\n${command}`), command);
  });
}
