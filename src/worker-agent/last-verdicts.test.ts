import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLogger } from '../base/log.ts';
import { LastVerdicts } from './last-verdicts.ts';

const log = createLogger('test', { level: 'silent' });
let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'segw-verdicts-'));
});

after(async () => {
  await rm(directory, { recursive: true });
});

test('a new agent believes the old one until it has heard for itself', async () => {
  const path = join(directory, 'verdicts.json');
  const old = await LastVerdicts.load(path, log);
  assert.equal(old.of(1, 'unknown'), 'unknown');
  await old.note(1, 'ready');
  await old.note(2, 'draining');
  await old.note(1, 'dead');
  const next = await LastVerdicts.load(path, log);
  assert.equal(next.of(1, 'unknown'), 'dead');
  assert.equal(next.of(2, 'unknown'), 'draining');
  assert.equal(next.of(3, 'unknown'), 'unknown');
  assert.equal(next.of(1, 'ready'), 'ready');
  await next.erase();
  assert.equal((await LastVerdicts.load(path, log)).of(1, 'unknown'), 'unknown');
});

for (const text of ['', '{', '[{"gateway":0,"verdict":"dead"}]', '[{"gateway":1,"verdict":"unknown"}]', '{"1":"dead"}'])
  test(`a file that says ${JSON.stringify(text)} is not believed`, async () => {
    const path = join(directory, 'damaged.json');
    await writeFile(path, text);
    assert.equal((await LastVerdicts.load(path, log)).of(1, 'unknown'), 'unknown');
  });
