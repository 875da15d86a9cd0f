import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createStubWheel } from './stub-wheel.ts';

const { content, digest, fileName, metadata } = createStubWheel();
const text = content.toString('latin1');

test('the wheel is the same file each time, and the index tells its digest', () => {
  assert.equal(digest, createHash('sha256').update(content).digest('hex'));
  assert.equal(digest, createStubWheel().digest);
  assert.match(fileName, /^aks_preview-\d+\.\d+\.\d+-py3-none-any\.whl$/);
});

test('it says that it adds no command, where az shows an extension and where Python does', () => {
  assert.match(String(metadata['summary']), /^Adds no command: core az has those/);
  assert.match(text, /Summary: Adds no command: core az has those/);
  assert.match(text, /def load_command_table\(self, args\):\n {8}return \{\}/);
});

test('its record names every file with digest and size, and itself without', () => {
  const record = text.slice(text.lastIndexOf('azext_aks_preview/__init__.py,sha256='));
  const lines = record.split('\n').slice(0, 6);
  assert.deepEqual(
    lines.map((line) => /^(?<path>[\w./-]+),(?<rest>sha256=[\w-]{43},\d+|,)$/.exec(line)?.groups?.['path']?.split('/').at(-1)),
    ['__init__.py', 'azext_metadata.json', 'METADATA', 'WHEEL', 'top_level.txt', 'RECORD'],
  );
});

test('it is a ZIP archive whose directory finds each file', () => {
  const end = content.length - 22;
  assert.equal(content.readUInt32LE(end), 0x06_05_4b_50);
  let at = content.readUInt32LE(end + 16);
  const paths: string[] = [];
  for (let index = 0; index < content.readUInt16LE(end + 10); index += 1) {
    assert.equal(content.readUInt32LE(at), 0x02_01_4b_50);
    const nameLength = content.readUInt16LE(at + 28);
    const local = content.readUInt32LE(at + 42);
    const path = content.toString('utf8', at + 46, at + 46 + nameLength);
    assert.equal(content.readUInt32LE(local), 0x04_03_4b_50);
    assert.equal(content.toString('utf8', local + 30, local + 30 + nameLength), path);
    paths.push(path);
    at += 46 + nameLength;
  }
  assert.equal(at, end);
  assert.equal(paths.length, 6);
});
