import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { addressOfProcess, hostsLine } from './hosts.ts';

test('all public names lead to the address', () => {
  assert.equal(hostsLine('127.64.0.1'), '127.64.0.1 management.azure.com login.microsoftonline.com graph.microsoft.com');
});

for (const [pid, address] of [
  [1, '127.64.0.1'],
  [70_000, '127.65.17.112'],
  [4_194_303, '127.127.255.255'],
] as const) {
  test(`process ${String(pid)} gets ${address}`, () => {
    assert.equal(addressOfProcess(pid), address);
  });
}

test('two processes never share an address', () => {
  const pid = fc.integer({ min: 1, max: 4_194_303 });
  fc.assert(fc.property(pid, pid, (one, other) => one === other || addressOfProcess(one) !== addressOfProcess(other)));
});
