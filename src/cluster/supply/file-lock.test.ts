import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withLock } from './file-lock.ts';

async function withPath(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'segw-lock-'));
  try {
    await work(join(folder, 'locks', 'a lock'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('only one holds the lock at a time, and the others learn that they wait', () =>
  withPath(async (path) => {
    let holders = 0;
    let most = 0;
    let waits = 0;
    const hold = (): Promise<void> =>
      withLock(
        path,
        async () => {
          holders += 1;
          most = Math.max(most, holders);
          await new Promise((resolve) => setTimeout(resolve, 20));
          holders -= 1;
        },
        { onWait: () => (waits += 1) },
      );
    await Promise.all([hold(), hold(), hold()]);
    assert.equal(most, 1);
    assert.ok(waits >= 1);
  }));

test('the lock is given back when the work throws', () =>
  withPath(async (path) => {
    await assert.rejects(
      withLock(path, () => Promise.reject(new Error('no space left'))),
      /no space left/,
    );
    assert.equal(await withLock(path, () => Promise.resolve('next')), 'next');
  }));

test('the lock of a process that was killed is free', () =>
  withPath(async (path) => {
    const module = join(import.meta.dirname, 'file-lock.ts');
    const script = `const { withLock } = await import(process.argv[1]);
      await withLock(process.argv[2], () => { console.log('held'); return new Promise((resolve) => setTimeout(resolve, 60_000)); });`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script, module, path]);
    await once(holder.stdout, 'data');
    const next = withLock(path, () => Promise.resolve('next'));
    holder.kill('SIGKILL');
    assert.equal(await next, 'next');
  }));

test('a wait for the lock ends with the signal', () =>
  withPath(async (path) => {
    const abort = new AbortController();
    await withLock(path, async () => {
      const waiting = withLock(path, () => Promise.resolve(), { signal: abort.signal, onWait: () => abort.abort() });
      await assert.rejects(waiting, { name: 'AbortError' });
    });
  }));
