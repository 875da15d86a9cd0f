import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseSettings } from './settings.ts';

test('without variables an installation lives in the folders of the user', () => {
  const { stateDir, cacheDir } = parseSettings({});
  assert.equal(stateDir, join(homedir(), '.local/state/segw'));
  assert.equal(cacheDir, join(homedir(), '.cache/segw'));
});

test('an empty variable counts as not set: it does not become the current folder', () => {
  assert.deepEqual(
    parseSettings({ SEGW_STATE_DIR: '', SEGW_CACHE_DIR: '', SEGW_PORT: '', XDG_STATE_HOME: '' }),
    parseSettings({}),
  );
});

test('another state folder has another name and other ports', () => {
  const [one, other] = [parseSettings({ SEGW_STATE_DIR: '/tmp/one' }), parseSettings({ SEGW_STATE_DIR: '/tmp/other' })];
  assert.notEqual(one.installation, other.installation);
  assert.notEqual(one.armPort, other.armPort);
});

test('SEGW_PORT is the first of the ports', () => {
  const { armPort, firstApiPort } = parseSettings({ SEGW_PORT: '18000' });
  assert.deepEqual([armPort, firstApiPort], [18_000, 18_002]);
});

for (const port of ['abc', '0', '1023', '65520', '70000', '-1', '17000.5', '1e4', ' 17000', '0x4268']) {
  test(`SEGW_PORT="${port}" is refused with the variable, the value and what is allowed`, () => {
    assert.throws(() => parseSettings({ SEGW_PORT: port }), {
      code: 'InvalidInput',
      message: `SEGW_PORT: "${port}" is not allowed; a number from 1024 to 65519 is`,
    });
  });
}

test('every wrong variable is named at once', () => {
  assert.throws(() => parseSettings({ SEGW_STATE_DIR: '/a:b', SEGW_CACHE_DIR: '/c,d', SEGW_PORT: 'x' }), {
    code: 'InvalidInput',
    message: /^SEGW_STATE_DIR: "\/a:b" .*; SEGW_CACHE_DIR: "\/c,d" .*; SEGW_PORT: "x" /,
  });
});
