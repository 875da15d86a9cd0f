import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toRegionFailure } from './region-failure.ts';

const request = '{"level":30,"msg":"request"}';

test('the last words of a daemon are its error, with its way out', () => {
  const words = '{"level":60,"code":"PortTaken","remedy":"End it.","msg":"listen on 127.0.0.1:1: taken"}';
  const { code, message, remedy } = toRegionFailure(`${request}\n${words}\n`);
  assert.deepEqual([code, message, remedy], ['PortTaken', 'listen on 127.0.0.1:1: taken', 'End it.']);
});

for (const [what, last] of [
  ['a daemon that was killed', request],
  ['a stack', 'Error: x\n    at y\n\nNode.js v26.0.0'],
  ['a code that we do not know', '{"level":60,"code":"Nope","remedy":"r","msg":"m"}'],
] as const) {
  test(`${what}: the end of the log is quoted`, () => {
    const { code, message } = toRegionFailure(`${request}\n${last}\n`);
    assert.equal(code, 'RegionFailed');
    assert.ok(message.endsWith(last));
  });
}

test('an empty log is no reason', () => {
  assert.equal(toRegionFailure('').code, 'RegionFailed');
});
