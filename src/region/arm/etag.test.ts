import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArmError } from './errors.ts';
import { checkPreconditions, type Preconditions, weakEtag } from './etag.ts';

const existing = { etag: '0a1b' };

const cases: readonly [name: string, preconditions: Preconditions, existing: { etag: string } | undefined, holds: boolean][] = [
  ['no precondition holds for a resource', {}, existing, true],
  ['no precondition holds for none', {}, undefined, true],
  ['the bare value matches', { ifMatch: '0a1b' }, existing, true],
  ['the network service\u2019s own form matches', { ifMatch: weakEtag(existing) }, existing, true],
  ['quotes that az added match', { ifMatch: '"W/"0a1b""' }, existing, true],
  ['one of a list matches', { ifMatch: '"x", "0a1b"' }, existing, true],
  ['another value does not match', { ifMatch: '"x"' }, existing, false],
  ['nothing matches an absent resource', { ifMatch: '"0a1b"' }, undefined, false],
  ['* asks that there is one', { ifMatch: '*' }, existing, true],
  ['* is not content with none', { ifMatch: '*' }, undefined, false],
  ['If-None-Match: * holds for none', { ifNoneMatch: '*' }, undefined, true],
  ['If-None-Match: * does not hold for one', { ifNoneMatch: '*' }, existing, false],
];
for (const [name, preconditions, resource, holds] of cases)
  test(name, () => {
    const run = (): void => {
      checkPreconditions(preconditions, resource);
    };
    if (holds) assert.doesNotThrow(run);
    else assert.throws(run, (error) => error instanceof ArmError && error.status === 412);
  });
