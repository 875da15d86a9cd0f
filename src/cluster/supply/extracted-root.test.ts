import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { completeExtractedRoot } from './extracted-root.ts';

test('an extracted root gets accounts, folders and the certificate bundle, and twice is once', async () => {
  const root = await mkdtemp(join(tmpdir(), 'segw-root-'));
  const certificates = join(root, 'usr/share/ca-certificates/mozilla');
  await mkdir(certificates, { recursive: true });
  await writeFile(join(certificates, 'b.crt'), 'second\n');
  await writeFile(join(certificates, 'a.crt'), 'first\n');
  await mkdir(join(root, 'var/run/leftover'), { recursive: true });
  await completeExtractedRoot(root);
  await completeExtractedRoot(root);
  assert.equal(await readFile(join(root, 'etc/ssl/certs/ca-certificates.crt'), 'utf8'), 'first\nsecond\n');
  assert.match(await readFile(join(root, 'etc/passwd'), 'utf8'), /^root:x:0:0:/);
  assert.equal(await readlink(join(root, 'var/run')), '/run');
  assert.equal((await stat(join(root, 'tmp'))).mode & 0o7777, 0o1777);
  assert.equal((await stat(join(root, 'etc/nsswitch.conf'))).mode & 0o7777, 0o644);
  await rm(root, { recursive: true });
});
