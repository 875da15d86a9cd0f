import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Version 1: 40 bytes in a UDP datagram, probe and reply alike, so that nobody is answered with more than he sent.
 *
 * | offset | bytes | |
 * |---|---|---|
 * | 0 | 4 | `SGWP` |
 * | 4 | 1 | version, 1 |
 * | 5 | 1 | 0 probe, 1 reply |
 * | 6 | 1 | of a reply: 0 ready, 1 draining, 2 not ready; of a probe: 0 |
 * | 7 | 1 | 0 |
 * | 8 | 8 | the worker: first bytes of SHA-256 of its public key; tells the gateway which key to check with |
 * | 16 | 8 | nonce, random: a reply repeats the probe's. One that is not awaited (any more) is nothing, so an old reply is of no use |
 * | 24 | 16 | HMAC-SHA-256 of what stands before it, first half, under the key of its direction |
 */
export type ProbePacket =
  | { readonly kind: 'probe'; readonly worker: bigint; readonly nonce: bigint }
  | { readonly kind: 'reply'; readonly worker: bigint; readonly nonce: bigint; readonly answer: ProbeAnswer };

/** What a gateway says of itself. No answer at all means that it is dead. */
export const probeAnswers = ['ready', 'draining', 'not-ready'] as const;

export type ProbeAnswer = (typeof probeAnswers)[number];

/** Bytes of a packet. */
export const packetLength = 40;

const magic = 0x53_47_57_50;
const version = 1;
const signedLength = 24;

/** By which a packet names its worker. `publicKey`: base64. */
export function workerIdOf(publicKey: string): bigint {
  return createHash('sha256').update(publicKey).digest().readBigUInt64BE();
}

export function encodePacket(packet: ProbePacket, key: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(packetLength);
  bytes.writeUInt32BE(magic);
  bytes.writeUInt8(version, 4);
  bytes.writeUInt8(packet.kind === 'probe' ? 0 : 1, 5);
  bytes.writeUInt8(packet.kind === 'probe' ? 0 : probeAnswers.indexOf(packet.answer), 6);
  bytes.writeBigUInt64BE(packet.worker, 8);
  bytes.writeBigUInt64BE(packet.nonce, 16);
  signature(bytes, key).copy(bytes, signedLength);
  return bytes;
}

/**
 * `undefined` for what is no packet of this version, of a worker without a key, or not signed with it: the port is open to everybody on
 * the network. `keyOf`: the key of the packet's direction.
 */
export function parsePacket(bytes: Uint8Array, keyOf: (worker: bigint) => Uint8Array | undefined): ProbePacket | undefined {
  if (bytes.length !== packetLength) return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.readUInt32BE() !== magic || buffer.readUInt8(4) !== version) return undefined;
  const worker = buffer.readBigUInt64BE(8);
  const key = keyOf(worker);
  if (key === undefined || !timingSafeEqual(signature(buffer, key), buffer.subarray(signedLength))) return undefined;
  return readSigned(buffer, worker);
}

function readSigned(buffer: Buffer, worker: bigint): ProbePacket | undefined {
  const nonce = buffer.readBigUInt64BE(16);
  const code = buffer.readUInt8(6);
  if (buffer.readUInt8(7) !== 0) return undefined;
  if (buffer.readUInt8(5) === 0) return code === 0 ? { kind: 'probe', worker, nonce } : undefined;
  const answer = probeAnswers[code];
  return buffer.readUInt8(5) === 1 && answer !== undefined ? { kind: 'reply', worker, nonce, answer } : undefined;
}

function signature(bytes: Buffer, key: Uint8Array): Buffer {
  return createHmac('sha256', key)
    .update(bytes.subarray(0, signedLength))
    .digest()
    .subarray(0, packetLength - signedLength);
}
