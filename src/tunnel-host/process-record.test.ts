import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { endProcess, parseRecord, parseStartTime, recordProcess, runningProcess } from './process-record.ts';

const directory = mkdtempSync(join(tmpdir(), 'records-'));
after(() => rmSync(directory, { recursive: true }));

test('the start time is found behind any name, and a process that is not reaped has ended', () => {
  const tail = `${Array.from({ length: 18 }, (_, index) => String(index)).join(' ')} 4711 0 0`;
  assert.equal(parseStartTime(`12 (a) S b) S ${tail}`), '4711');
  assert.equal(parseStartTime(`12 (wireguard-go) Z ${tail}`), undefined);
});

test('what is no record is none', () => {
  for (const text of ['', '{}', '{"pid":-1,"startTime":"1"}', '12']) assert.equal(parseRecord(text), undefined, text);
});

test('a recorded process is found while it runs, is ended, and its record goes', async () => {
  const path = join(directory, 'one.pid');
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const end = once(child, 'exit');
  await recordProcess(path, child.pid ?? 0);
  assert.equal((await runningProcess(path))?.pid, child.pid);
  await endProcess(path);
  assert.deepEqual(await end, [null, 'SIGTERM']);
  assert.equal(await runningProcess(path), undefined);
  await endProcess(path);
});

test('another process under a recorded number is left alone', async () => {
  const path = join(directory, 'two.pid');
  await recordProcess(path, process.pid);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"startTime":"\d+"/u, '"startTime":"1"'));
  assert.equal(await runningProcess(path), undefined);
  await endProcess(path);
});
