import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCniArgs } from './cni-args.ts';

const cases: readonly (readonly [string, Record<string, string>])[] = [
  ['', {}],
  ['A=1;B=2', { A: '1', B: '2' }],
  ['B=2;A=1', { A: '1', B: '2' }],
  ['K8S_POD_NAME=web=1', { K8S_POD_NAME: 'web=1' }],
  ['A=1;;nonsense;=x;B=', { A: '1', B: '' }],
  ['A=1;A=2', { A: '2' }],
];

for (const [text, expected] of cases) {
  test(`CNI_ARGS "${text}"`, () => assert.deepEqual(parseCniArgs(text), expected));
}
