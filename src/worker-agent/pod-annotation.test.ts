import assert from 'node:assert/strict';
import { test } from 'node:test';
import { annotationProblem } from './pod-annotation.ts';

test('names of configurations are taken', () => {
  for (const name of ['web', 'a', '0', 'web-1', 'web.prod', 'a'.repeat(253)]) assert.equal(annotationProblem(name), undefined);
});

test('anything else is refused with what, why and what to do', () => {
  for (const value of ['', ' ', 'prod/web', 'Web', 'web_1', '-web', 'web-', 'web..a', 'web\n', 'wéb', 'a'.repeat(254)]) {
    const problem = annotationProblem(value);
    assert.equal(problem?.code, 'InvalidInput', JSON.stringify(value));
    assert.ok((problem?.message ?? '').length < 250);
    assert.ok((problem?.remedy ?? '').length > 20);
  }
});
