import assert from 'node:assert/strict';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { contentKey, treeKey } from './content-key.ts';

test('a key depends on where one part ends and the next begins', () => {
  assert.notEqual(contentKey('ab', 'c'), contentKey('a', 'bc'));
  assert.equal(contentKey('a', 'b'), contentKey('a', 'b'));
  assert.match(contentKey(), /^[0-9a-f]{12}$/);
});

async function withTree(work: (root: string) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'segw-tree-'));
  try {
    await mkdir(join(root, 'tree/sub'), { recursive: true });
    await writeFile(join(root, 'tree/a'), 'one');
    await writeFile(join(root, 'tree/sub/b'), 'two');
    await symlink('a', join(root, 'tree/link'));
    await work(join(root, 'tree'));
  } finally {
    await rm(root, { recursive: true });
  }
}

const changes: readonly { readonly what: string; readonly change: (tree: string) => Promise<void> }[] = [
  { what: 'a byte', change: (tree) => writeFile(join(tree, 'a'), 'onE') },
  { what: 'a new file', change: (tree) => writeFile(join(tree, 'sub/c'), '') },
  { what: 'a removed file', change: (tree) => rm(join(tree, 'sub/b')) },
  { what: 'an execute bit', change: (tree) => chmod(join(tree, 'a'), 0o755) },
  { what: 'a new empty folder', change: (tree) => mkdir(join(tree, 'empty')) },
  {
    what: 'a link target',
    change: async (tree) => {
      await rm(join(tree, 'link'));
      await symlink('sub/b', join(tree, 'link'));
    },
  },
];

for (const { what, change } of changes)
  test(`${what} changes the key of a tree`, () =>
    withTree(async (tree) => {
      const before = await treeKey(tree);
      await change(tree);
      assert.notEqual(await treeKey(tree), before);
    }));

test('times and the place of a tree do not change its key', () =>
  withTree(async (tree) => {
    const before = await treeKey(tree);
    await utimes(join(tree, 'a'), 1, 1);
    await cp(tree, `${tree}-copy`, { recursive: true, verbatimSymlinks: true });
    assert.equal(await treeKey(tree), before);
    assert.equal(await treeKey(`${tree}-copy`), before);
  }));
