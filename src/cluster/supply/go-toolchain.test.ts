import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNewEnough, parseGoVersion } from './go-toolchain.ts';

const releases = [
  { output: 'go version go1.24 linux/amd64', version: { major: 1, minor: 24 }, newEnough: true },
  { output: 'go version go1.26.8 linux/arm64', version: { major: 1, minor: 26 }, newEnough: true },
  { output: 'go version go1.25rc1 linux/amd64', version: { major: 1, minor: 25 }, newEnough: true },
  { output: 'go version go2.0.1 linux/amd64', version: { major: 2, minor: 0 }, newEnough: true },
  { output: 'go version go1.19.8 linux/amd64', version: { major: 1, minor: 19 }, newEnough: false },
  { output: 'go version go1.9 linux/amd64', version: { major: 1, minor: 9 }, newEnough: false },
];

for (const { output, version, newEnough } of releases)
  test(`"${output}" is ${newEnough ? 'new enough' : 'too old'}`, () => {
    assert.deepEqual(parseGoVersion(output), version);
    assert.equal(isNewEnough(version), newEnough);
  });

test('a go that does not say its release has no version', () => {
  assert.equal(parseGoVersion('go version devel +abc123'), undefined);
});
