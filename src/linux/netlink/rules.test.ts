import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRule, encodeRule } from './rules.ts';

const rule = { preference: 7000, mark: 3, mask: 0x7f, table: 7003, protocol: 2 };

test('the rule of a gateway’s mark: golden bytes', () => {
  assert.equal(
    Buffer.concat(encodeRule(rule)).toString('hex'),
    // struct fib_rule_hdr, FRA_PRIORITY, FRA_TABLE, FRA_FWMARK, FRA_FWMASK, FRA_PROTOCOL
    [
      '020000000000000100000000',
      '08000600581b0000',
      '08000f005b1b0000',
      '08000a0003000000',
      '080010007f000000',
      '0500150002000000',
    ].join(''),
  );
});

test('a rule reads back', () => {
  assert.deepEqual(decodeRule({ payload: Buffer.concat(encodeRule(rule)) }), rule);
});

test('a mark without a mask is compared as a whole', () => {
  const read = decodeRule({ payload: Buffer.concat(encodeRule({ preference: 1, table: 1, mark: 5 })) });
  assert.equal(read.mask, 0xffff_ffff);
});
