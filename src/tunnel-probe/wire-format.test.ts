import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encodePacket, parsePacket, probeAnswers, type ProbePacket } from './wire-format.ts';

const nonces = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const packets: fc.Arbitrary<ProbePacket> = fc.oneof(
  nonces.map((nonce) => ({ kind: 'probe' as const, nonce })),
  fc.tuple(nonces, fc.constantFrom(...probeAnswers)).map(([nonce, answer]) => ({ kind: 'reply' as const, nonce, answer })),
);

test('a packet is read as it was written', () => {
  fc.assert(fc.property(packets, (packet) => assert.deepEqual(parsePacket(encodePacket(packet)), packet)));
});

test('nonsense is no packet, and a packet with a byte changed is none or another', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const packet = parsePacket(bytes);
      if (packet) assert.deepEqual(encodePacket(packet), bytes);
    }),
  );
  fc.assert(
    fc.property(packets, fc.nat(15), fc.integer({ min: 1, max: 255 }), (packet, index, change) => {
      const bytes = encodePacket(packet);
      bytes[index] = (bytes[index] ?? 0) ^ change;
      assert.notDeepEqual(parsePacket(bytes), packet);
    }),
  );
});
