import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createLogger } from '../src/base/log.ts';
import { createRegion } from '../src/region/region.ts';
import { createMemoryPlatform } from './support/memory-platform.ts';
import { repositoryDir } from './support/paths.ts';

const page = readFileSync(join(repositoryDir, 'docs/region-fidelity.md'), 'utf8');
const stateDir = await mkdtemp(join(tmpdir(), 'segw-fidelity-'));
const region = await createRegion({
  stateDir,
  platform: createMemoryPlatform(),
  log: createLogger('region', { level: 'silent' }),
});

after(async () => {
  await region.stop();
  await rm(stateDir, { recursive: true, force: true });
});

/** The rows of a section's table, a cell each, without its head. */
function rowsOf(section: string): readonly (readonly string[])[] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const lines = (text.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('docs/region-fidelity.md has one row for every resource type of the region, and for no other', () => {
  const described = rowsOf('Resource types').flatMap(([types = '']) =>
    [...types.matchAll(/`([^`]+)`/g)].map(([, type = '']) => type),
  );
  assert.deepEqual(described.toSorted(), region.manager.table.types.toSorted());
});

test('every row has four cells, and something in them', () => {
  for (const section of ['Resource types', 'Paths that are no resource types', 'Metadata service', 'Everywhere']) {
    assert.notDeepEqual(rowsOf(section), [], section);
    for (const row of rowsOf(section)) {
      assert.equal(row.length, 4, row.join('|'));
      assert.notEqual(row.slice(1).join(''), '', row.join('|'));
    }
  }
});

test('every code of ours that the page names is in the source', () => {
  const source = globSync('src/region/**/*.ts', { cwd: repositoryDir })
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(repositoryDir, file), 'utf8'))
    .join('\n');
  const codes = [...page.matchAll(/(?<![\w*])\*(?<code>[A-Z]\w+)\*(?![\w*])/g)].map(({ groups }) => groups?.['code'] ?? '');
  assert.notDeepEqual(codes, []);
  assert.deepEqual(
    codes.filter((code) => !source.includes(`'${code}'`)),
    [],
  );
});
