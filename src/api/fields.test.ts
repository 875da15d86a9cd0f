import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseCidr } from '../base/addresses.ts';
import { addressField, cidrField, endpointField, publicKeyField } from './fields.ts';

test('every network that the schema lets through can be parsed', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, length) => {
      const text = `${address}/${String(length)}`;
      assert.ok(cidrField.safeParse(text).success, text);
      assert.equal(parseCidr(text, 'test').prefixLength, length);
    }),
  );
});

const refused: readonly (readonly [field: { safeParse(value: unknown): { success: boolean } }, values: readonly string[]])[] = [
  [
    cidrField,
    ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', '256.0.0.0/8', '10.0.0/8', 'fd00::/8', ' 10.0.0.0/8', '10.0.0.0/8\n', ''],
  ],
  [addressField, ['10.0.0.256', '10.0.0', '010.0.0.1', '10.0.0.1/32', '::1']],
  [endpointField, ['10.0.0.1', '10.0.0.1:0', '10.0.0.1:', 'host:80']],
  [publicKeyField, ['', 'A'.repeat(44), `${'A'.repeat(42)}=`]],
];

for (const [field, values] of refused)
  for (const value of values)
    test(`${JSON.stringify(value)} is refused`, () => {
      assert.equal(field.safeParse(value).success, false);
    });
