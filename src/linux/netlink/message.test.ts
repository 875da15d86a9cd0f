import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { text } from './attributes.ts';
import { NLMSG, decodeMessages, decodeVerdict, encodeMessage } from './message.ts';

test('a message is a header of 16 bytes and a padded payload: golden bytes', () => {
  const encoded = encodeMessage({ type: 16, flags: 0x605, sequence: 7, payload: Buffer.from('abcde') });
  assert.equal(encoded.toString('hex'), ['15000000', '1000', '0506', '07000000', '00000000', '6162636465', '000000'].join(''));
});

test('the messages of a datagram read back', () => {
  const fields = {
    type: fc.nat(0xffff),
    flags: fc.nat(0xffff),
    sequence: fc.nat(0xffff_ffff),
    payload: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  };
  const message = fc.record(fields, { noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(message), (messages) => {
      assert.deepEqual(decodeMessages(Buffer.concat(messages.map(encodeMessage))), messages);
    }),
  );
});

test('a datagram that breaks off gives the messages before the break', () => {
  const whole = encodeMessage({ type: 1, flags: 0, sequence: 1, payload: Buffer.from('whole') });
  const broken = encodeMessage({ type: 2, flags: 0, sequence: 2, payload: Buffer.from('broken') }).subarray(0, -4);
  assert.deepEqual(
    decodeMessages(Buffer.concat([whole, broken])).map(({ type }) => type),
    [1],
  );
});

const noMessage = { sequence: 1, flags: 0 };
const request = encodeMessage({ type: 24, flags: 5, sequence: 1, payload: Buffer.from('request') });
const reason = text(1, 'Nexthop has invalid gateway');

/** NLM_F_CAPPED, NLM_F_ACK_TLVS */
const capped = 0x100;
const explained = 0x200;

const verdicts: [what: string, message: Parameters<typeof decodeVerdict>[0], verdict: ReturnType<typeof decodeVerdict>][] = [
  [
    'success',
    { ...noMessage, type: NLMSG.error, payload: Buffer.concat([errno(0), request.subarray(0, 16)]) },
    { errno: 0, text: '' },
  ],
  ['a bare refusal', { ...noMessage, type: NLMSG.error, payload: Buffer.concat([errno(17), request]) }, { errno: 17, text: '' }],
  [
    'a refusal that quotes the header and explains',
    {
      ...noMessage,
      type: NLMSG.error,
      flags: capped | explained,
      payload: Buffer.concat([errno(101), request.subarray(0, 16), reason]),
    },
    { errno: 101, text: 'Nexthop has invalid gateway' },
  ],
  [
    'a refusal that quotes all of the request and explains',
    { ...noMessage, type: NLMSG.error, flags: explained, payload: Buffer.concat([errno(101), request, reason]) },
    { errno: 101, text: 'Nexthop has invalid gateway' },
  ],
  [
    'the end of a dump that failed',
    { ...noMessage, type: NLMSG.done, flags: explained, payload: Buffer.concat([errno(2), text(1, 'no such table')]) },
    { errno: 2, text: 'no such table' },
  ],
];

for (const [what, message, verdict] of verdicts) {
  test(`${what} is understood`, () => assert.deepEqual(decodeVerdict(message), verdict));
}

function errno(value: number): Buffer {
  const encoded = Buffer.alloc(4);
  encoded.writeInt32LE(-value);
  return encoded;
}
