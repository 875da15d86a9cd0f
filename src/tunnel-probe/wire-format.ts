/**
 * Version 0: 16 bytes in a UDP datagram. Whoever can read or forge packets between the nodes can forge a reply; it is for networks in
 * which nobody can.
 *
 * | offset | bytes | |
 * |---|---|---|
 * | 0 | 4 | `SGWP` |
 * | 4 | 1 | version, 0 |
 * | 5 | 1 | 0 probe, 1 reply |
 * | 6 | 1 | of a reply: 0 ready, 1 draining, 2 not ready; of a probe: 0 |
 * | 7 | 1 | 0 |
 * | 8 | 8 | nonce: a reply repeats the probe's |
 */
export type ProbePacket =
  | { readonly kind: 'probe'; readonly nonce: bigint }
  | { readonly kind: 'reply'; readonly nonce: bigint; readonly answer: ProbeAnswer };

/** What a gateway says of itself. No answer at all means that it is dead. */
export const probeAnswers = ['ready', 'draining', 'not-ready'] as const;

export type ProbeAnswer = (typeof probeAnswers)[number];

const magic = 0x53_47_57_50;
const version = 0;
const packetLength = 16;

export function encodePacket(packet: ProbePacket): Uint8Array {
  const bytes = new Uint8Array(packetLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic);
  view.setUint8(4, version);
  view.setUint8(5, packet.kind === 'probe' ? 0 : 1);
  view.setUint8(6, packet.kind === 'probe' ? 0 : probeAnswers.indexOf(packet.answer));
  view.setBigUint64(8, packet.nonce);
  return bytes;
}

/** `undefined` for what is no packet of this version: the port is open to everybody on the network. */
export function parsePacket(bytes: Uint8Array): ProbePacket | undefined {
  if (bytes.length !== packetLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0) !== magic || view.getUint8(4) !== version || view.getUint8(7) !== 0) return undefined;
  const nonce = view.getBigUint64(8);
  const kind = view.getUint8(5);
  const code = view.getUint8(6);
  if (kind === 0) return code === 0 ? { kind: 'probe', nonce } : undefined;
  const answer = probeAnswers[code];
  return kind === 1 && answer !== undefined ? { kind: 'reply', nonce, answer } : undefined;
}
