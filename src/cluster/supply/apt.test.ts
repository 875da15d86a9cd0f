import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRelease, sourcesOf } from './apt.ts';

test('each source of the release comes once, sorted', () => {
  const targets = [
    'deb http://mirror.example/debian/ bookworm main',
    'deb http://mirror.example/debian-security/ bookworm-security main',
    'deb http://mirror.example/debian/ bookworm main',
    '',
  ].join('\n');
  assert.equal(
    sourcesOf(targets),
    'deb http://mirror.example/debian-security/ bookworm-security main\ndeb http://mirror.example/debian/ bookworm main\n',
  );
});

test('a host without lists of the release has no sources', () => {
  assert.equal(sourcesOf(''), undefined);
  assert.equal(sourcesOf('deb http://mirror.example/debian/ bookworm-security main'), undefined);
});

test('only Debian bookworm is the release', () => {
  assert.ok(isRelease('NAME="Debian GNU/Linux"\nVERSION_CODENAME=bookworm\nID=debian\n'));
  assert.ok(!isRelease('VERSION_CODENAME=trixie\nID=debian\n'));
  assert.ok(!isRelease('ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n'));
  assert.ok(!isRelease(''));
});
