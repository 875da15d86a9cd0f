import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { unsupported } from './unsupported.ts';

const schema = z.object({ plan: unsupported('nothing is sold here') });

for (const nothing of [undefined, null, false, '', [], {}, { enabled: false, rules: [] }])
  test(`${JSON.stringify(nothing)} asks for nothing, and is not kept`, () => {
    assert.deepEqual(schema.parse({ plan: nothing }), { plan: undefined });
  });

for (const something of [true, 0, 'x', ['x'], { enabled: true }, { deep: { er: 'x' } }])
  test(`${JSON.stringify(something)} is refused with the reason`, () => {
    assert.throws(() => schema.parse({ plan: something }), /is not supported: nothing is sold here/);
  });
