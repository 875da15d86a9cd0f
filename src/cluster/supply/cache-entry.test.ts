import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentProgress } from '../../base/progress.ts';
import { ensureEntry, removeOldEntries } from './cache-entry.ts';
import type { SupplyContext } from './supply-context.ts';

async function withCache(work: (context: SupplyContext) => Promise<void>): Promise<void> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'segw-cache-'));
  try {
    await work({ cacheDir, repositoryDir: '/nonexistent', architecture: 'amd64', progress: silentProgress });
  } finally {
    await rm(cacheDir, { recursive: true });
  }
}

function entry(make: (partial: string) => Promise<void>) {
  return { path: 'bin/thing-1', title: 'make a thing', make };
}

test('an entry is made once, also for two callers at the same time', () =>
  withCache(async (context) => {
    let made = 0;
    const thing = entry(async (partial) => {
      made += 1;
      await writeFile(join(partial, 'program'), 'text');
    });
    const paths = await Promise.all([ensureEntry(context, thing), ensureEntry(context, thing)]);
    paths.push(await ensureEntry(context, thing));
    assert.deepEqual(new Set(paths), new Set([join(context.cacheDir, 'bin/thing-1')]));
    assert.equal(await readFile(join(context.cacheDir, 'bin/thing-1/program'), 'utf8'), 'text');
    assert.equal(made, 1);
  }));

test('an entry whose making fails leaves nothing, and can be made later', () =>
  withCache(async (context) => {
    const failing = entry(async (partial) => {
      await writeFile(join(partial, 'half'), '');
      throw new Error('no space left');
    });
    await assert.rejects(ensureEntry(context, failing), /no space left/);
    assert.deepEqual(await readdir(join(context.cacheDir, 'bin')), []);
    await ensureEntry(
      context,
      entry(() => Promise.resolve()),
    );
    assert.deepEqual(await readdir(join(context.cacheDir, 'bin')), ['thing-1']);
  }));

test('what a killed process left of an entry is removed; that of another entry stays', () =>
  withCache(async (context) => {
    await mkdir(join(context.cacheDir, 'bin/thing-1.x.partial'), { recursive: true });
    await mkdir(join(context.cacheDir, 'bin/thing-12.x.partial'), { recursive: true });
    await ensureEntry(
      context,
      entry(() => Promise.resolve()),
    );
    assert.deepEqual((await readdir(join(context.cacheDir, 'bin'))).sort(), ['thing-1', 'thing-12.x.partial']);
  }));

test('the newest entries of a family stay, and all of other families', () =>
  withCache(async (context) => {
    for (const [age, name] of ['agent-3', 'agent-1', 'agent-2', 'tools-9'].entries()) {
      await mkdir(join(context.cacheDir, 'images', name), { recursive: true });
      await utimes(join(context.cacheDir, 'images', name), 100 - age, 100 - age);
    }
    await removeOldEntries(context, 'images/agent-', 2);
    assert.deepEqual((await readdir(join(context.cacheDir, 'images'))).sort(), ['agent-1', 'agent-3', 'tools-9']);
  }));
