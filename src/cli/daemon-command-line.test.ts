import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daemonArguments, isDaemonOf } from './daemon-command-line.ts';

function commandLine(...words: readonly string[]): string {
  return ['/opt/node', ...words, ''].join('\0');
}

test('a daemon is known by its script, its verb and its state folder', () => {
  assert.ok(isDaemonOf('/var/lib/segw', commandLine(...daemonArguments('/srv/repository/', 'serve', '/var/lib/segw'))));
});

for (const [what, line] of [
  ['the daemon of another folder', commandLine(...daemonArguments('/srv', 'serve', '/var/lib/segw2'))],
  ['the sweep', commandLine(...daemonArguments('/srv', 'sweep', '/var/lib/segw'))],
  ['an editor with the script open', ['vi', '/srv/src/cmd/region.ts', ''].join('\0')],
  ['a process that has ended', ''],
] as const) {
  test(`${what} is none of this folder`, () => {
    assert.equal(isDaemonOf('/var/lib/segw', line), false);
  });
}
