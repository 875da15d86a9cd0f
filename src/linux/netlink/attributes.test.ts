import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Attributes, be16, be32, bytes, ipv4, mac, nested, text, u16, u32, u8 } from './attributes.ts';

const golden: [what: string, encoded: Buffer, hex: string][] = [
  ['a byte, padded', u8(2, 0x7f), '05000200 7f000000'],
  ['16 bits, padded', u16(2, 0x1234), '06000200 34120000'],
  ['32 bits', u32(4, 1420), '08000400 8c050000'],
  ['16 bits in network order', be16(18, 0x1234), '06001200 12340000'],
  ['32 bits in network order', be32(8, 0x7f), '08000800 0000007f'],
  ['a string with its zero', text(3, 'wg0'), '08000300 77673000'],
  ['an IPv4 address', ipv4(1, '10.224.0.4'), '08000100 0ae00004'],
  ['a MAC', mac(1, '02:5e:00:00:00:01'), '0a000100 025e0000 00010000'],
  ['nested attributes', nested(18, bytes(1, Buffer.from('veth')), u8(2, 1)), '14001280 08000100 76657468 05000200 01000000'],
  ['nothing for a value that is left out', u32(4, undefined), ''],
];

for (const [what, encoded, hex] of golden) {
  test(`${what}: golden bytes`, () => assert.equal(encoded.toString('hex'), hex.replaceAll(' ', '')));
}

test('what is encoded reads back, whatever else is in the list', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.string({ unit: 'grapheme-ascii' }), fc.uint8Array(), (number, name, other) => {
      const read = new Attributes(Buffer.concat([bytes(1, other), u32(2, number), text(3, name), nested(4, be32(5, number))]));
      assert.deepEqual([...(read.bytes(1) ?? [])], [...other]);
      assert.equal(read.u32(2), number);
      assert.equal(read.text(3), name);
      assert.equal(read.nested(4).be32(5), number);
    }),
  );
});

test('addresses read back as text', () => {
  const read = new Attributes(Buffer.concat([ipv4(1, '203.0.113.255'), mac(2, '02:5e:00:00:00:ff')]));
  assert.equal(read.ipv4(1), '203.0.113.255');
  assert.equal(read.mac(2), '02:5e:00:00:00:ff');
});

test('what is absent reads as undefined, and broken bytes end the list', () => {
  const read = new Attributes(Buffer.concat([u8(1, 7), Buffer.of(0, 0, 9, 0)]));
  assert.equal(read.u8(1), 7);
  assert.equal(read.bytes(9), undefined);
  assert.equal(read.text(3), undefined);
  assert.equal(read.nested(3).u32(1), undefined);
});

test('any bytes can be read without an error', () => {
  fc.assert(fc.property(fc.uint8Array(), (noise) => assert.ok(new Attributes(Buffer.from(noise)))));
});
