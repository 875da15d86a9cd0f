import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './config.ts';

test('without flags the paths are those of the image', () => {
  assert.deepEqual(parseConfig({ argv: [] }), {
    directory: '/run/segw/tunnels',
    wireguardGo: '/usr/local/bin/wireguard-go',
    logLevel: 'info',
  });
});

test('flags replace the defaults', () => {
  const argv = ['--directory', '/run/t', '--wireguard-go=/bin/wg', '--log-level', 'debug'];
  assert.deepEqual(parseConfig({ argv }), { directory: '/run/t', wireguardGo: '/bin/wg', logLevel: 'debug' });
});

test('every problem is named at once', () => {
  assert.throws(() => parseConfig({ argv: ['--directory', 'run', '--log-level', 'loud'] }), {
    code: 'InvalidInput',
    message: '--directory: "run" is not an absolute path\n--log-level: "loud" is none of debug, info, warn, error, silent',
  });
  assert.throws(() => parseConfig({ argv: ['--verbose'] }), { code: 'InvalidInput', message: /--verbose/u });
});
