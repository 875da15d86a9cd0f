import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Secret } from './secret.ts';
import { ensureKeyPair, keyFileOf, type KeyMaker } from './key-file.ts';

test('a key is made once, by whoever is first, and only root can read it; removed and restored, it is the same', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'segw-key-'));
  let made = 0;
  const keys: KeyMaker = {
    generate: () => new Secret(`key ${String((made += 1))}`),
    publicKeyOf: (key) => `public ${key.reveal()}`,
  };
  try {
    const path = join(directory, 'state', 'worker.key');
    const first = await ensureKeyPair(path, keys);
    const second = await ensureKeyPair(path, keys);
    assert.deepEqual([first.publicKey, second.publicKey, made], ['public key 1', 'public key 1', 1]);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(join(directory, 'state')), ['worker.key']);
    const file = keyFileOf(path, first);
    await file.remove();
    assert.deepEqual(await readdir(join(directory, 'state')), []);
    await file.restore();
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await ensureKeyPair(path, keys)).publicKey, first.publicKey);
  } finally {
    await rm(directory, { recursive: true });
  }
});
