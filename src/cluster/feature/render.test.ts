import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderValues } from './render.ts';

test('placeholders are replaced inside strings, wherever these are', () => {
  const manifest = { name: 'a-${ONE}', list: ['${TWO}', 3, true, null], map: { key: '${ONE}${TWO}' } };
  assert.deepEqual(renderValues(manifest, { ONE: '1', TWO: 'line\n"2"' }), {
    name: 'a-1',
    list: ['line\n"2"', 3, true, null],
    map: { key: '1line\n"2"' },
  });
});

test('a value is put in as it is, also when it looks like a placeholder', () => {
  assert.deepEqual(renderValues(['${ONE}'], { ONE: '$& ${TWO}' }), ['$& ${TWO}']);
});

test('a placeholder without a value and a value without a placeholder are errors', () => {
  assert.throws(() => renderValues(['${ONE}', '${TWO}'], { TWO: '2', THREE: '3' }), {
    code: 'InvalidInput',
    message: 'render the manifests: ${ONE} has no value; no manifest asks for THREE',
  });
});
