import { ipv4Bytes } from './netlink/attributes.ts';
import { closeDescriptor, isErrno, openSocket, sendTo, setSocketOption } from './libc.ts';
import type { ConntrackTuple } from './conntrack.ts';

/** A TCP connection as its client sees it. */
export type TcpConnection = Required<ConntrackTuple>;

const AF_INET = 2;
const SOCK_RAW = 3;
/** Packets come with their IP header. */
const IPPROTO_RAW = 255;
const SOL_SOCKET = 1;
const SO_MARK = 36;

const doing = 'wake the clients of moved connections';

const ipHeaderLength = 20;
const tcpHeaderLength = 20;
const protocolTcp = 6;
const ackFlag = 0x10;

/** Half the sequence space apart: whatever the client expects, at least one of them lies outside its window. */
const nonsenseSequences = [0x1000_0000, 0x9000_0000];

/**
 * Sends bare acknowledgements to the client of `connections`, each as if from the server, with sequence numbers that fit nothing. A
 * client that is connected answers with its own state, one that still waits for an answer to its SYN sends the SYN again at once: so both
 * meet the rules of this node without waiting for a timer of theirs (dataplane-reference.md, section 4). `mark` is the packets' own, for
 * rules that leave them untracked. Sent from the calling thread's namespace.
 */
export function kickClients(connections: readonly TcpConnection[], { mark }: { readonly mark: number }): void {
  const fd = openSocket(AF_INET, SOCK_RAW, IPPROTO_RAW, doing);
  try {
    setSocketOption(fd, { level: SOL_SOCKET, name: SO_MARK, value: mark }, doing);
    for (const connection of connections) {
      const client = socketAddress(connection.source);
      for (const sequence of nonsenseSequences) sendToClient(fd, encodeAck(connection, sequence), client);
    }
  } finally {
    closeDescriptor(fd);
  }
}

/** A client that has no route any more is gone, and needs no waking. */
function sendToClient(fd: number, packet: Uint8Array, client: Uint8Array): void {
  try {
    sendTo(fd, packet, client, doing);
  } catch (error) {
    if (!isErrno(error, 'EHOSTUNREACH', 'ENETUNREACH')) throw error;
  }
}

/** An IPv4 packet with a TCP segment from the connection's server to its client: flag ACK, no data. The kernel adds the IP checksum. */
export function encodeAck({ source, destination, sourcePort, destinationPort }: TcpConnection, sequence: number): Buffer {
  const packet = Buffer.alloc(ipHeaderLength + tcpHeaderLength);
  packet.writeUInt8(0x45, 0); // version 4, header of five words
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt8(64, 8); // time to live
  packet.writeUInt8(protocolTcp, 9);
  packet.set(ipv4Bytes(destination), 12);
  packet.set(ipv4Bytes(source), 16);
  const segment = packet.subarray(ipHeaderLength);
  segment.writeUInt16BE(destinationPort, 0);
  segment.writeUInt16BE(sourcePort, 2);
  segment.writeUInt32BE(sequence, 4);
  segment.writeUInt8((tcpHeaderLength / 4) << 4, 12);
  segment.writeUInt8(ackFlag, 13);
  segment.writeUInt16BE(1024, 14); // window
  segment.writeUInt16BE(tcpChecksum(packet), 16);
  return packet;
}

/** RFC 9293, 3.1: over the pseudo header (both addresses, protocol, length) and the segment with a checksum of zero. */
function tcpChecksum(packet: Buffer): number {
  let sum = protocolTcp + tcpHeaderLength;
  for (let offset = 12; offset < packet.length; offset += 2) sum += packet.readUInt16BE(offset);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** struct sockaddr_in without a port. */
function socketAddress(address: string): Buffer {
  const encoded = Buffer.alloc(16);
  encoded.writeUInt16LE(AF_INET, 0);
  encoded.set(ipv4Bytes(address), 4);
  return encoded;
}
