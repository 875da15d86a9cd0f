import assert from 'node:assert/strict';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { linkAtomic } from './files.ts';

let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segw-files-'));
});

after(async () => {
  await rm(folder, { recursive: true });
});

test('a link made by many at once is there once, and leads where one of them wanted', async () => {
  const path = join(folder, 'bin/kubectl');
  await Promise.all(Array.from({ length: 20 }, async (_, n) => linkAtomic(`/target-${String(n)}`, path)));
  assert.match(await readlink(path), /^\/target-\d+$/);
  assert.deepEqual(await readdir(join(folder, 'bin')), ['kubectl']);
});
