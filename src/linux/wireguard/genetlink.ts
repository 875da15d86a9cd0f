import type { Cidr } from '../../base/addresses.ts';
import { definedOnly } from '../../base/defined.ts';
import { bytes, ipv4, ipv4Bytes, nested, text, u16, u32, u8, type Attributes } from '../netlink/attributes.ts';
import type { WireguardChange, WireguardEndpoint, WireguardPeerChange, WireguardPeerState, WireguardState } from './device.ts';

/**
 * The attributes of the generic netlink family "wireguard" (linux/wireguard.h). Written from the kernel's header, and compared with a
 * stock kernel in the tests of level vm only.
 */
const WGDEVICE = { name: 2, privateKey: 3, publicKey: 4, listenPort: 6, peers: 8 } as const;
const WGPEER = {
  publicKey: 1,
  flags: 3,
  endpoint: 4,
  keepalive: 5,
  handshake: 6,
  rxBytes: 7,
  txBytes: 8,
  allowedIps: 9,
} as const;
const WGPEER_F = { removeMe: 1, replaceAllowedIps: 2, updateOnly: 4 } as const;
const WGALLOWEDIP = { family: 1, address: 2, prefixLength: 3 } as const;
const AF_INET = 2;

/** A message holds at most 64 KiB, and a peer with one network takes 100 bytes. */
const peersPerMessage = 128;

export function encodeDeviceName(name: string): Buffer[] {
  return [text(WGDEVICE.name, name)];
}

/** The payloads of one or several `WG_CMD_SET_DEVICE` in order. */
export function encodeChange(name: string, { privateKey, listenPort, removedPeers, peers }: WireguardChange): Buffer[][] {
  const encodedPeers = [
    ...removedPeers.map((publicKey) => nested(0, key(WGPEER.publicKey, publicKey), u32(WGPEER.flags, WGPEER_F.removeMe))),
    ...peers.map(encodePeer),
  ];
  const device = [
    ...encodeDeviceName(name),
    key(WGDEVICE.privateKey, privateKey?.reveal()),
    u16(WGDEVICE.listenPort, listenPort),
  ];
  const messages = [[...device, nested(WGDEVICE.peers, ...encodedPeers.slice(0, peersPerMessage))]];
  for (let start = peersPerMessage; start < encodedPeers.length; start += peersPerMessage)
    messages.push([...encodeDeviceName(name), nested(WGDEVICE.peers, ...encodedPeers.slice(start, start + peersPerMessage))]);
  return messages;
}

/** The messages of one dump: a long list goes on in the next message, a peer that was cut in two with the rest of its networks. */
export function decodeDevice(messages: readonly Attributes[]): WireguardState {
  const peers = new Map<string, WireguardPeerState>();
  for (const peer of messages.flatMap((message) => message.list(WGDEVICE.peers)).map(decodePeer)) {
    const begun = peers.get(peer.publicKey);
    peers.set(peer.publicKey, begun ? { ...begun, allowedIps: [...begun.allowedIps, ...peer.allowedIps] } : peer);
  }
  const [first] = messages;
  return {
    ...definedOnly({ publicKey: first?.bytes(WGDEVICE.publicKey)?.toString('base64') }),
    listenPort: first?.u16(WGDEVICE.listenPort) ?? 0,
    peers: [...peers.values()],
  };
}

function encodePeer({ publicKey, isNew, endpoint, keepaliveSeconds, allowedIps }: WireguardPeerChange): Buffer {
  const flags = (isNew ? 0 : WGPEER_F.updateOnly) | (allowedIps ? WGPEER_F.replaceAllowedIps : 0);
  return nested(
    0,
    key(WGPEER.publicKey, publicKey),
    u32(WGPEER.flags, flags),
    bytes(WGPEER.endpoint, endpoint && encodeEndpoint(endpoint)),
    u16(WGPEER.keepalive, keepaliveSeconds),
    ...(allowedIps ? [nested(WGPEER.allowedIps, ...allowedIps.map(encodeAllowedIp))] : []),
  );
}

function decodePeer(peer: Attributes): WireguardPeerState {
  return {
    publicKey: peer.bytes(WGPEER.publicKey)?.toString('base64') ?? '',
    keepaliveSeconds: peer.u16(WGPEER.keepalive) ?? 0,
    allowedIps: peer.list(WGPEER.allowedIps).filter(isIpv4).map(decodeAllowedIp),
    rxBytes: peer.u64(WGPEER.rxBytes) ?? 0,
    txBytes: peer.u64(WGPEER.txBytes) ?? 0,
    ...definedOnly({
      endpoint: decodeEndpoint(peer.bytes(WGPEER.endpoint)),
      latestHandshakeMs: decodeTime(peer.bytes(WGPEER.handshake)),
    }),
  };
}

function encodeAllowedIp({ address, prefixLength }: Cidr): Buffer {
  return nested(
    0,
    u16(WGALLOWEDIP.family, AF_INET),
    ipv4(WGALLOWEDIP.address, address),
    u8(WGALLOWEDIP.prefixLength, prefixLength),
  );
}

function isIpv4(allowedIp: Attributes): boolean {
  return allowedIp.u16(WGALLOWEDIP.family) === AF_INET;
}

function decodeAllowedIp(allowedIp: Attributes): Cidr {
  return { address: allowedIp.ipv4(WGALLOWEDIP.address) ?? '', prefixLength: allowedIp.u8(WGALLOWEDIP.prefixLength) ?? 0 };
}

/** struct sockaddr_in */
function encodeEndpoint({ address, port }: WireguardEndpoint): Buffer {
  const encoded = Buffer.alloc(16);
  encoded.writeUInt16LE(AF_INET, 0);
  encoded.writeUInt16BE(port, 2);
  encoded.set(ipv4Bytes(address), 4);
  return encoded;
}

function decodeEndpoint(encoded: Buffer | undefined): WireguardEndpoint | undefined {
  if (encoded?.readUInt16LE(0) !== AF_INET) return undefined;
  return { address: encoded.subarray(4, 8).join('.'), port: encoded.readUInt16BE(2) };
}

/** struct __kernel_timespec; zero before the first handshake. */
function decodeTime(encoded: Buffer | undefined): number | undefined {
  const seconds = Number(encoded?.readBigInt64LE(0) ?? 0);
  return encoded === undefined || seconds === 0
    ? undefined
    : seconds * 1000 + Math.floor(Number(encoded.readBigInt64LE(8)) / 1e6);
}

function key(type: number, base64: string | undefined): Buffer {
  return bytes(type, base64 === undefined ? undefined : Buffer.from(base64, 'base64'));
}
