import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkWant, deviceOf, devicesWith, renderWant, wantPath } from './tunnel-files.ts';

test('a file of an agent is called after its device and names it', () => {
  assert.equal(wantPath('/run/t', 'sgw3'), '/run/t/sgw3.want');
  assert.equal(renderWant('sgw3'), '{"device":"sgw3"}\n');
  checkWant('sgw3.want', renderWant('sgw3'));
});

test('a file that wants another device, or is no JSON, is refused', () => {
  for (const text of [renderWant('sgw4'), '', '{', 'null', '{}'])
    assert.throws(() => checkWant('sgw3.want', text), { code: 'InvalidInput', message: /^sgw3\.want: expected/u }, text);
});

test('names that are no device are refused, and no path leaves the directory', () => {
  for (const device of ['', '..', '../sgw1', 'a/b', 'sixteen-letters-', '.hidden'])
    assert.throws(() => wantPath('/run/t', device), { code: 'InvalidInput' }, device);
});

test('files under construction and other files are no devices', () => {
  const names = ['sgw1.want', 'sgw1.want.6f0c.tmp', '.want', 'sgw1.log', 'sgw1'];
  assert.deepEqual(
    names.map((name) => deviceOf(name, '.want')),
    ['sgw1', undefined, undefined, undefined, undefined],
  );
});

test('the devices of a directory are listed, and none of one that does not exist', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tunnels-'));
  try {
    for (const name of ['sgw2.want', 'sgw1.want', 'sgw1.pid']) writeFileSync(join(directory, name), '');
    assert.deepEqual(await devicesWith(directory, '.want'), ['sgw1', 'sgw2']);
    assert.deepEqual(await devicesWith(directory, '.pid'), ['sgw1']);
    assert.deepEqual(await devicesWith(join(directory, 'none'), '.want'), []);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
