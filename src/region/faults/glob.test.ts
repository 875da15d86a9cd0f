import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesGlob } from './glob.ts';

const cases: readonly [glob: string, text: string, isMatch: boolean][] = [
  ['a', 'A', true],
  ['a', 'ab', false],
  ['a*', 'abc', true],
  ['*c', 'abc', true],
  ['a*c', 'ac', true],
  ['*', '', true],
  ['a.c', 'abc', false],
  ['a(b', 'a(b', true],
];
for (const [glob, text, isMatch] of cases)
  test(`"${glob}" ${isMatch ? 'means' : 'does not mean'} "${text}"`, () => assert.equal(matchesGlob(glob, text), isMatch));
