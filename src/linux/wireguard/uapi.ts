import { formatCidr, parseCidr } from '../../base/addresses.ts';
import { definedOnly } from '../../base/defined.ts';
import { SegwError } from '../../base/error.ts';
import { Secret } from '../../base/secret.ts';
import type { WireguardChange, WireguardEndpoint, WireguardPeerChange, WireguardPeerState, WireguardState } from './device.ts';
import { publicKeyOf } from './keys.ts';

/**
 * WireGuard's cross-platform configuration protocol (wireguard.com/xplatform), as wireguard-go speaks it on its socket: lines of
 * `key=value`, keys in hexadecimal, a request and an answer end with an empty line.
 */
export const getRequest = 'get=1\n\n';

export function renderSetRequest({ privateKey, listenPort, removedPeers, peers }: WireguardChange): string {
  return lines([
    'set=1',
    privateKey && `private_key=${toHex(privateKey.reveal())}`,
    listenPort !== undefined && `listen_port=${String(listenPort)}`,
    ...removedPeers.flatMap((publicKey) => [`public_key=${toHex(publicKey)}`, 'remove=true']),
    ...peers.flatMap(renderPeer),
  ]);
}

function renderPeer({
  publicKey,
  isNew,
  endpoint,
  keepaliveSeconds,
  allowedIps,
}: WireguardPeerChange): (string | false | undefined)[] {
  return [
    `public_key=${toHex(publicKey)}`,
    !isNew && 'update_only=true',
    endpoint && `endpoint=${endpoint.address}:${String(endpoint.port)}`,
    keepaliveSeconds !== undefined && `persistent_keepalive_interval=${String(keepaliveSeconds)}`,
    allowedIps && 'replace_allowed_ips=true',
    ...(allowedIps ?? []).map((cidr) => `allowed_ip=${formatCidr(cidr)}`),
  ];
}

/** Throws `WireguardRefused` when the answer says so. IPv6 endpoints and networks are left out. */
export function parseGetResponse(text: string): WireguardState {
  const pairs = parsePairs(text);
  const firstPeer = pairs.findIndex(([key]) => key === 'public_key');
  const device = new Map(firstPeer < 0 ? pairs : pairs.slice(0, firstPeer));
  const privateKey = device.get('private_key');
  return {
    ...definedOnly({ publicKey: privateKey === undefined ? undefined : publicKeyOf(new Secret(toBase64(privateKey))) }),
    listenPort: Number(device.get('listen_port') ?? 0),
    peers: firstPeer < 0 ? [] : splitPeers(pairs.slice(firstPeer)).map(parsePeer),
  };
}

/** Throws `WireguardRefused` when the answer says so. */
export function checkSetResponse(text: string): void {
  parsePairs(text);
}

type Pair = readonly [key: string, value: string];

function parsePairs(text: string): Pair[] {
  const pairs = text
    .split('\n')
    .filter((line) => line.includes('='))
    .map((line): Pair => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  const errno = pairs.find(([key]) => key === 'errno')?.[1];
  if (errno !== '0') throw new SegwError('WireguardRefused', `wireguard-go answered errno=${errno ?? '(nothing)'}`);
  return pairs;
}

function splitPeers(pairs: readonly Pair[]): Pair[][] {
  const peers: Pair[][] = [];
  for (const pair of pairs) {
    if (pair[0] === 'public_key') peers.push([]);
    peers.at(-1)?.push(pair);
  }
  return peers;
}

function parsePeer(pairs: readonly Pair[]): WireguardPeerState {
  const peer = new Map(pairs);
  const seconds = Number(peer.get('last_handshake_time_sec') ?? 0);
  const nanoseconds = Number(peer.get('last_handshake_time_nsec') ?? 0);
  return {
    publicKey: toBase64(peer.get('public_key') ?? ''),
    keepaliveSeconds: Number(peer.get('persistent_keepalive_interval') ?? 0),
    allowedIps: pairs
      .filter(([key, value]) => key === 'allowed_ip' && !value.includes(':'))
      .map(([, value]) => parseCidr(value, 'allowed_ip')),
    rxBytes: Number(peer.get('rx_bytes') ?? 0),
    txBytes: Number(peer.get('tx_bytes') ?? 0),
    ...definedOnly({
      endpoint: parseEndpoint(peer.get('endpoint')),
      latestHandshakeMs: seconds === 0 ? undefined : seconds * 1000 + Math.floor(nanoseconds / 1_000_000),
    }),
  };
}

function parseEndpoint(text: string | undefined): WireguardEndpoint | undefined {
  const [, address, port] = /^([\d.]+):(\d+)$/u.exec(text ?? '') ?? [];
  return address === undefined ? undefined : { address, port: Number(port) };
}

function lines(parts: readonly (string | false | undefined)[]): string {
  return `${parts.filter(Boolean).join('\n')}\n\n`;
}

function toHex(base64: string): string {
  return Buffer.from(base64, 'base64').toString('hex');
}

function toBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
