import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encodePacket, packetLength, parsePacket, probeAnswers, workerIdOf, type ProbePacket } from './wire-format.ts';

const key = new Uint8Array(32).fill(7);
const otherKey = new Uint8Array(32).fill(8);
const keyOf = (): Uint8Array => key;

const numbers = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const packets: fc.Arbitrary<ProbePacket> = fc.oneof(
  fc.tuple(numbers, numbers).map(([worker, nonce]) => ({ kind: 'probe' as const, worker, nonce })),
  fc
    .tuple(numbers, numbers, fc.constantFrom(...probeAnswers))
    .map(([worker, nonce, answer]) => ({ kind: 'reply' as const, worker, nonce, answer })),
);

test('a packet is read as it was written, with the key of the worker that it names', () => {
  fc.assert(
    fc.property(packets, (packet) => {
      const keyOfWorker = (worker: bigint) => (worker === packet.worker ? key : undefined);
      assert.deepEqual(parsePacket(encodePacket(packet, key), keyOfWorker), packet);
    }),
  );
});

test('nonsense, another length, another key and an unknown worker are no packet', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => assert.equal(parsePacket(bytes, keyOf), undefined)));
  fc.assert(
    fc.property(packets, (packet) => {
      const bytes = encodePacket(packet, key);
      assert.equal(parsePacket(bytes.subarray(0, -1), keyOf), undefined);
      assert.equal(
        parsePacket(bytes, () => otherKey),
        undefined,
      );
      assert.equal(
        parsePacket(bytes, () => undefined),
        undefined,
      );
    }),
  );
});

test('a packet with any byte changed is no packet', () => {
  fc.assert(
    fc.property(packets, fc.nat(packetLength - 1), fc.integer({ min: 1, max: 255 }), (packet, index, change) => {
      const bytes = encodePacket(packet, key);
      bytes[index] = (bytes[index] ?? 0) ^ change;
      assert.equal(parsePacket(bytes, keyOf), undefined);
    }),
  );
});

test('what the sender must not say is no packet, however well it is signed', () => {
  for (const [offset, value] of [
    [4, 0],
    [4, 2],
    [5, 2],
    [6, 1],
    [7, 1],
  ] as const) {
    const probe = encodePacket({ kind: 'probe', worker: 1n, nonce: 2n }, key);
    probe[offset] = value;
    assert.equal(parsePacket(signed(probe), keyOf), undefined, `${String(value)} at ${String(offset)}`);
  }
});

test('workers are told apart by their keys', () => {
  assert.notEqual(workerIdOf('a'), workerIdOf('b'));
  assert.equal(workerIdOf('a'), workerIdOf('a'));
});

/** The same bytes with the signature that belongs to them. */
function signed(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  createHmac('sha256', key).update(copy.subarray(0, 24)).digest().copy(copy, 24, 0, 16);
  return copy;
}
