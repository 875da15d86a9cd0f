import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { followRequestLog, readRequestLog } from './request-log-file.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segw-log-'));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

const line = (requestId: string): string =>
  `${JSON.stringify({ time: 't', method: 'GET', path: '/', status: 200, durationMs: 1, requestId, correlationId: 'c' })}\n`;

test('the part that was set aside comes first, and half a line is nothing yet', async () => {
  const path = join(folder, 'read.jsonl');
  await writeFile(`${path}.1`, line('1'));
  await writeFile(path, `${line('2')}{"time":`);
  const { records } = await readRequestLog(path);
  assert.deepEqual(
    records.map(({ requestId }) => requestId),
    ['1', '2'],
  );
});

test('no log has no records', async () => {
  assert.deepEqual((await readRequestLog(join(folder, 'none.jsonl'))).records, []);
});

test('who follows reads each record once, across a change of the file', async () => {
  const path = join(folder, 'follow.jsonl');
  await writeFile(path, line('before'));
  const { end } = await readRequestLog(path);
  const stop = new AbortController();
  const records = followRequestLog(path, end, stop.signal);
  const next = async (): Promise<string | undefined> => (await records.next()).value?.requestId;
  await appendFile(path, line('1'));
  assert.equal(await next(), '1');
  await appendFile(path, line('2'));
  await rename(path, `${path}.1`);
  await writeFile(path, line('3'));
  assert.equal(await next(), '2');
  assert.equal(await next(), '3');
  stop.abort();
  assert.equal(await next(), undefined);
});
