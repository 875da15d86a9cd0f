import { definedOnly } from '../base/defined.ts';
import { Attributes, be16, be32, bytes, ipv4, nested, u32, u8 } from './netlink/attributes.ts';
import type { NetlinkMessage } from './netlink/message.ts';
import type { NetlinkRequest, NetlinkSocket } from './netlink/socket.ts';

/** IP protocol numbers. */
export const ipProtocols = { icmp: 1, tcp: 6, udp: 17 } as const;

/** include/uapi/linux/netfilter/nf_conntrack_tcp.h, by number. */
const tcpStates = [
  'none',
  'synSent',
  'synReceived',
  'established',
  'finWait',
  'closeWait',
  'lastAck',
  'timeWait',
  'close',
  'synSent2',
] as const;
export type TcpState = (typeof tcpStates)[number];

/** One direction of a connection. Ports: TCP and UDP only. */
export interface ConntrackTuple {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

export interface ConntrackEntry {
  /** IP protocol number. */
  readonly protocol: number;
  /** As the first packet was, before any translation. */
  readonly original: ConntrackTuple;
  /** As answers arrive: source and destination after translation. */
  readonly reply: ConntrackTuple;
  readonly mark: number;
  readonly tcpState?: TcpState;
  /** Packets so far in the original direction. Absent where the kernel did not count when the connection began (`nf_conntrack_acct`). */
  readonly originalPackets?: number;
}

/** Absent members match anything. */
export interface ConntrackFilter {
  /** Source address of the original direction. */
  readonly source?: string;
  /** IP protocol number. */
  readonly protocol?: number;
  /** Entries whose mark, masked with `mask`, is this. */
  readonly mark?: number;
  /** Default: all bits. */
  readonly mask?: number;
}

/** linux/netfilter/nfnetlink_conntrack.h */
const IPCTNL = { get: 0x101, delete: 0x102 } as const;
const CTA = {
  original: 1,
  reply: 2,
  protocolState: 4,
  mark: 8,
  originalCounters: 9,
  id: 12,
  zone: 18,
  markMask: 21,
  filter: 25,
} as const;
const CTA_TUPLE = { addresses: 1, protocol: 2 } as const;
const CTA_IP = { source: 1, destination: 2 } as const;
const CTA_PROTO = { number: 1, sourcePort: 2, destinationPort: 3 } as const;
const CTA_PROTOINFO_TCP = 1;
const CTA_PROTOINFO_TCP_STATE = 1;
const CTA_COUNTERS_PACKETS = 1;
const CTA_FILTER_ORIGINAL_FLAGS = 1;
/** Which members of the original tuple the kernel compares (net/netfilter/nf_internals.h). */
const compare = { source: 1 << 0, protocol: 1 << 3 } as const;
const NLA_F_NESTED = 0x8000;
const AF_INET = 2;
const headerLength = 4;

/** IPv4 connections of the socket's namespace that match, chosen by the kernel. `socket`: `openNetfilterSocket`. */
export function listConntrack(socket: NetlinkSocket, filter: ConntrackFilter = {}): ConntrackEntry[] {
  return dump(socket, filter).map(({ entry }) => entry);
}

/** Deletes what matches and `isMeant`, and returns how many that were. Entries that end meanwhile are fine, new ones stay. */
export function deleteConntrack(
  socket: NetlinkSocket,
  filter: ConntrackFilter,
  isMeant: (entry: ConntrackEntry) => boolean = () => true,
): number {
  return deleteFound(
    socket,
    dump(socket, filter).filter(({ entry }) => isMeant(entry)),
  );
}

/**
 * As `listConntrack`, without blocking the event loop while the kernel goes through its table: 10 ms for one of 262,144 buckets, however
 * empty. Nothing else may use the socket meanwhile.
 */
export async function listConntrackInPool(socket: NetlinkSocket, filter: ConntrackFilter): Promise<ConntrackEntry[]> {
  return (await dumpInPool(socket, filter)).map(({ entry }) => entry);
}

/** As `deleteConntrack`, with the same care. */
export async function deleteConntrackInPool(
  socket: NetlinkSocket,
  filter: ConntrackFilter,
  isMeant: (entry: ConntrackEntry) => boolean = () => true,
): Promise<number> {
  return deleteFound(
    socket,
    (await dumpInPool(socket, filter)).filter(({ entry }) => isMeant(entry)),
  );
}

/** The request's attributes for what the kernel can compare itself: marks, and since 5.8 addresses and protocols. */
export function encodeFilter({ source, protocol, mark, mask }: ConntrackFilter): Buffer[] {
  const flags = (source === undefined ? 0 : compare.source) | (protocol === undefined ? 0 : compare.protocol);
  const tuple = [
    ...(source === undefined ? [] : [nested(CTA_TUPLE.addresses, ipv4(CTA_IP.source, source))]),
    ...(protocol === undefined ? [] : [nested(CTA_TUPLE.protocol, u8(CTA_PROTO.number, protocol))]),
  ];
  return [
    ...(flags ? [nested(CTA.original, ...tuple), nested(CTA.filter, u32(CTA_FILTER_ORIGINAL_FLAGS, flags))] : []),
    be32(CTA.mark, mark),
    be32(CTA.markMask, mark === undefined ? undefined : maskOf(mask)),
  ];
}

export function decodeConntrack(attributes: Attributes): ConntrackEntry {
  const original = attributes.nested(CTA.original);
  const state = attributes.nested(CTA.protocolState).nested(CTA_PROTOINFO_TCP).u8(CTA_PROTOINFO_TCP_STATE);
  return {
    protocol: original.nested(CTA_TUPLE.protocol).u8(CTA_PROTO.number) ?? 0,
    original: decodeTuple(original),
    reply: decodeTuple(attributes.nested(CTA.reply)),
    mark: attributes.be32(CTA.mark) ?? 0,
    ...definedOnly({
      tcpState: state === undefined ? undefined : tcpStates[state],
      originalPackets: attributes.nested(CTA.originalCounters).be64(CTA_COUNTERS_PACKETS),
    }),
  };
}

/** A kernel that does not know the filter of tuples ignores it, hence once more here: nothing else may be deleted. */
export function matchesFilter(entry: ConntrackEntry, { source, protocol, mark, mask }: ConntrackFilter): boolean {
  return (
    (source === undefined || entry.original.source === source) &&
    (protocol === undefined || entry.protocol === protocol) &&
    (mark === undefined || (entry.mark & maskOf(mask)) >>> 0 === mark)
  );
}

interface FoundEntry {
  readonly entry: ConntrackEntry;
  readonly attributes: Attributes;
}

function dump(socket: NetlinkSocket, filter: ConntrackFilter): FoundEntry[] {
  return decodeDump(socket.dump(dumpRequest(filter)), filter);
}

async function dumpInPool(socket: NetlinkSocket, filter: ConntrackFilter): Promise<FoundEntry[]> {
  return decodeDump(await socket.dumpInPool(dumpRequest(filter)), filter);
}

function dumpRequest(filter: ConntrackFilter): NetlinkRequest {
  return { doing: 'list connections', type: IPCTNL.get, payload: [header(), ...encodeFilter(filter)] };
}

function decodeDump(messages: readonly NetlinkMessage[], filter: ConntrackFilter): FoundEntry[] {
  return messages
    .map(({ payload }) => new Attributes(payload.subarray(headerLength)))
    .map((attributes) => ({ attributes, entry: decodeConntrack(attributes) }))
    .filter(({ entry }) => matchesFilter(entry, filter));
}

function deleteFound(socket: NetlinkSocket, found: readonly FoundEntry[]): number {
  socket.execute(
    found.map(({ attributes }) => ({
      doing: 'delete a conntrack entry',
      type: IPCTNL.delete,
      payload: [header(), ...identity(attributes)],
    })),
    { tolerate: ['ENOENT'] },
  );
  return found.length;
}

/** What tells this connection from a later one with the same addresses and ports. */
function identity(attributes: Attributes): Buffer[] {
  return [
    bytes(CTA.original | NLA_F_NESTED, attributes.bytes(CTA.original)),
    bytes(CTA.id, attributes.bytes(CTA.id)),
    be16(CTA.zone, attributes.be16(CTA.zone)),
  ];
}

function decodeTuple(tuple: Attributes): ConntrackTuple {
  const addresses = tuple.nested(CTA_TUPLE.addresses);
  const protocol = tuple.nested(CTA_TUPLE.protocol);
  return {
    source: addresses.ipv4(CTA_IP.source) ?? '',
    destination: addresses.ipv4(CTA_IP.destination) ?? '',
    ...definedOnly({
      sourcePort: protocol.be16(CTA_PROTO.sourcePort),
      destinationPort: protocol.be16(CTA_PROTO.destinationPort),
    }),
  };
}

function maskOf(mask = 0xffff_ffff): number {
  return mask;
}

/** struct nfgenmsg */
function header(): Buffer {
  return Buffer.of(AF_INET, 0, 0, 0);
}
