import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openRequestLog, type RequestRecord } from './request-log.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segw-requests-'));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

const record = (requestId: string): RequestRecord => ({
  time: '2026-01-01T00:00:00.000Z',
  method: 'GET',
  path: '/subscriptions',
  status: 200,
  durationMs: 1,
  requestId,
  correlationId: 'c',
});
const idsIn = async (path: string): Promise<readonly string[]> =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).requestId);

test('a full log is set aside and the one before it is given up', async () => {
  const path = join(folder, 'bounded.jsonl');
  const lineBytes = JSON.stringify(record('1')).length + 1;
  const log = openRequestLog(path, { maxBytes: 2 * lineBytes });
  for (const id of ['1', '2', '3', '4', '5']) log.append(record(id));
  log.close();
  assert.deepEqual([await idsIn(`${path}.1`), await idsIn(path)], [['3', '4'], ['5']]);
});

test('the log goes on where an earlier region left it, for its owner only', async () => {
  const path = join(folder, 'again.jsonl');
  for (const id of ['1', '2']) {
    const log = openRequestLog(path);
    log.append(record(id));
    log.close();
  }
  assert.deepEqual(await idsIn(path), ['1', '2']);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});
