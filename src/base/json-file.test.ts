import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { z } from 'zod';
import { JsonFile } from './json-file.ts';

interface Place {
  readonly street: string;
}

let directory: string;
let path: string;
let logged: string[];

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'segw-json-'));
});

after(async () => {
  await rm(directory, { recursive: true });
});

beforeEach(async () => {
  await rm(join(directory, 'state'), { recursive: true, force: true });
  path = join(directory, 'state', 'place.json');
  logged = [];
});

function open(): JsonFile<Place> {
  const log = pino({}, { write: (line: string) => logged.push(line) });
  return new JsonFile(path, { shape: z.object({ street: z.string() }), log });
}

test('what one process wrote the next one reads, and only root can', async () => {
  assert.equal(await open().read(), undefined);
  await open().write({ street: 'Elm' });
  assert.deepEqual(await open().read(), { street: 'Elm' });
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(join(directory, 'state')), ['place.json']);
  assert.deepEqual(logged, []);
});

test('what the file says already is not written again', async () => {
  await open().write({ street: 'Elm' });
  const { ino } = await stat(path);
  const file = open();
  await file.read();
  await file.write({ street: 'Elm' });
  assert.equal((await stat(path)).ino, ino);
  await file.write({ street: 'Oak' });
  assert.deepEqual(await open().read(), { street: 'Oak' });
});

test('nothing to remember is no file, whoever wrote it', async () => {
  await open().write({ street: 'Elm' });
  const file = open();
  await file.write(undefined);
  assert.deepEqual(await readdir(join(directory, 'state')), []);
  await file.write({ street: 'Elm' });
  assert.deepEqual(await open().read(), { street: 'Elm' });
});

for (const [title, text] of [
  ['is empty', ''],
  ['is cut off', '{"street":'],
  ['is no object', '[]'],
  ['lacks a member', '{}'],
  ['has a member of another type', '{"street":1}'],
] as const)
  test(`a file that ${title} is as good as absent, and the log tells of it`, async () => {
    await mkdir(join(directory, 'state'));
    await writeFile(path, text);
    const file = open();
    assert.equal(await file.read(), undefined);
    assert.equal(logged.length, 1);
    assert.match(logged[0] ?? '', /place\.json/);
    await file.write({ street: 'Elm' });
    assert.deepEqual(await open().read(), { street: 'Elm' });
  });
