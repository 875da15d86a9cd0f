import { ipv4Bytes } from '../../../../src/linux/netlink/attributes.ts';

const protocols = { icmp: 1, tcp: 6, udp: 17, gre: 47, esp: 50 } as const;

export interface Ends {
  readonly source: string;
  readonly destination: string;
}

const headerLength = 20;
const doNotFragment = 0x4000;
const moreFragments = 0x2000;

/** An IPv4 packet without options. The kernel adds the header's checksum when it is sent through a raw socket. */
function ipv4(ends: Ends, protocol: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(headerLength);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(0x5e67, 4);
  header.writeUInt8(64, 8);
  header.writeUInt8(protocol, 9);
  header.set(ipv4Bytes(ends.source), 12);
  header.set(ipv4Bytes(ends.destination), 16);
  return Buffer.concat([header, payload]);
}

const flags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 } as const;
export type TcpFlag = keyof typeof flags;

interface Ports {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** `spoil`: bits of the checksum that are wrong. */
export function tcpPacket(ends: Ends, ports: Ports, set: readonly TcpFlag[], spoil = 0): Buffer {
  const segment = Buffer.alloc(20);
  segment.writeUInt16BE(ports.sourcePort, 0);
  segment.writeUInt16BE(ports.destinationPort, 2);
  segment.writeUInt32BE(1000, 4);
  segment.writeUInt32BE(2000, 8);
  segment.writeUInt8(0x50, 12);
  segment.writeUInt8(
    set.reduce((bits, flag) => bits | flags[flag], 0),
    13,
  );
  segment.writeUInt16BE(8192, 14);
  segment.writeUInt16BE(checksum([pseudoHeader(ends, protocols.tcp, segment.length), segment]) ^ spoil, 16);
  return ipv4(ends, protocols.tcp, segment);
}

export function udpPacket(ends: Ends, { sourcePort, destinationPort }: Ports, payload: Uint8Array, spoil = 0): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt16BE(header.length + payload.length, 4);
  const sum = checksum([pseudoHeader(ends, protocols.udp, header.length + payload.length), header, payload]);
  header.writeUInt16BE(sum ^ spoil, 6);
  return ipv4(ends, protocols.udp, Buffer.concat([header, payload]));
}

/** The packet in pieces of `size` bytes, a multiple of 8; the last holds the rest. Each piece is a packet. */
export function cut(packet: Buffer, size: number): Buffer[] {
  const payload = packet.subarray(headerLength);
  return Array.from({ length: Math.ceil(payload.length / size) }, (_, index) => {
    const offset = index * size;
    const piece = Buffer.concat([packet.subarray(0, headerLength), payload.subarray(offset, offset + size)]);
    piece.writeUInt16BE(piece.length, 2);
    piece.writeUInt16BE((offset + size < payload.length ? moreFragments : 0) | (offset / 8), 6);
    return piece;
  });
}

/** For routers that may not cut it. */
export function uncuttable(packet: Buffer): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt16BE(doNotFragment, 6);
  return copy;
}

export function echoRequest(ends: Ends, size = 8): Buffer {
  return icmpPacket(ends, 8, 0, Buffer.alloc(size));
}

/** "Port unreachable" about `about`, which the source claims to have received. */
export function portUnreachable(ends: Ends, about: Uint8Array): Buffer {
  return icmpPacket(ends, 3, 3, Buffer.concat([Buffer.alloc(4), about.subarray(0, 28)]));
}

/** Packets that fit no connection, or no protocol's rules. Source: dataplane reference, section 7. */
export function oddPackets(ends: Ends): readonly (readonly [what: string, packet: Buffer])[] {
  const combinations: readonly (readonly TcpFlag[])[] = [
    ['syn'],
    ['syn', 'ack'],
    ['ack'],
    ['psh', 'ack'],
    ['fin'],
    ['fin', 'ack'],
    ['rst'],
    ['rst', 'ack'],
    [],
    ['fin', 'psh', 'urg'],
  ];
  const portsOf = (index: number): Ports => ({ sourcePort: 50_001 + index, destinationPort: 9 });
  const unknown = udpPacket(
    { source: ends.destination, destination: ends.source },
    { sourcePort: 1, destinationPort: 2 },
    Buffer.alloc(0),
  );
  return [
    ...combinations.map(
      (set, index) => [`TCP ${set.join(' ') || 'without flags'}`, tcpPacket(ends, portsOf(index), set)] as const,
    ),
    ['SYN with a wrong checksum', tcpPacket(ends, portsOf(50), ['syn'], 0x55)],
    ['answer to an echo that nobody asked', icmpPacket(ends, 0, 0, Buffer.from([0, 7, 0, 1]))],
    ['ICMP error about an unknown flow', portUnreachable(ends, unknown)],
    ['UDP with a wrong checksum', udpPacket(ends, portsOf(60), Buffer.alloc(0), 0x1234)],
    ['GRE', ipv4(ends, protocols.gre, Buffer.alloc(8))],
    ['ESP', ipv4(ends, protocols.esp, Buffer.alloc(8))],
  ];
}

function icmpPacket(ends: Ends, type: number, code: number, rest: Uint8Array): Buffer {
  const message = Buffer.concat([Buffer.from([type, code, 0, 0]), rest]);
  message.writeUInt16BE(checksum([message]), 2);
  return ipv4(ends, protocols.icmp, message);
}

function pseudoHeader({ source, destination }: Ends, protocol: number, length: number): Buffer {
  return Buffer.concat([ipv4Bytes(source), ipv4Bytes(destination), Buffer.from([0, protocol, length >> 8, length & 0xff])]);
}

/** RFC 1071 */
function checksum(parts: readonly Uint8Array[]): number {
  const bytes = Buffer.concat(parts);
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 1) sum += (bytes[index] ?? 0) << (index % 2 === 0 ? 8 : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
