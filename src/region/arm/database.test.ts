import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { openDatabase } from './database.ts';

let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segw-database-'));
});

after(async () => {
  await rm(folder, { recursive: true });
});

test('a new file is for its owner only, and opening it again finds what was written', async () => {
  const path = join(folder, 'region.sqlite');
  const first = await openDatabase(path);
  first.command('INSERT INTO installation (name, value) VALUES (?, ?)')('a', '1');
  first.close();
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const second = await openDatabase(path);
  const rows = second.query('SELECT value FROM installation', z.object({ value: z.string() })).all();
  assert.deepEqual(rows, [{ value: '1' }]);
  second.close();
});

test('a file that is no database, or half of one, is told with its path', async () => {
  const path = join(folder, 'damaged.sqlite');
  const whole = await openDatabase(path);
  whole.close();
  await truncate(path, 6000);
  await assert.rejects(openDatabase(path), { code: 'StateDamaged', message: new RegExp(path) });
  await writeFile(path, 'not a database, whatever its name says'.repeat(200));
  await assert.rejects(openDatabase(path), { code: 'StateDamaged', message: new RegExp(path) });
});
