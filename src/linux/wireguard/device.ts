import { formatCidr, type Cidr } from '../../base/addresses.ts';
import { definedOnly } from '../../base/defined.ts';
import type { Secret } from '../../base/secret.ts';
import { publicKeyOf } from './keys.ts';

/** A WireGuard device that exists already, in the kernel or as a process. Keys are base64. */
export interface WireguardDevice {
  readonly name: string;
  read(): Promise<WireguardState>;
  /** Makes the device equal to `config` by the differences only: peers that stay keep their sessions. */
  configure(config: WireguardConfig): Promise<void>;
}

export interface WireguardConfig {
  readonly privateKey: Secret;
  readonly listenPort: number;
  /** All of them: others are removed. */
  readonly peers: readonly WireguardPeer[];
}

export interface WireguardPeer {
  readonly publicKey: string;
  readonly endpoint?: WireguardEndpoint;
  /** 0 = none. */
  readonly keepaliveSeconds: number;
  readonly allowedIps: readonly Cidr[];
}

export interface WireguardEndpoint {
  readonly address: string;
  readonly port: number;
}

export interface WireguardState {
  /** Absent until the device has a private key. */
  readonly publicKey?: string;
  readonly listenPort: number;
  readonly peers: readonly WireguardPeerState[];
}

export interface WireguardPeerState extends WireguardPeer {
  /** Unix time in milliseconds; absent before the first handshake. */
  readonly latestHandshakeMs?: number;
  readonly rxBytes: number;
  readonly txBytes: number;
}

/** What has to be told to a device. Absent members stay as they are. */
export interface WireguardChange {
  readonly privateKey?: Secret;
  readonly listenPort?: number;
  readonly removedPeers: readonly string[];
  readonly peers: readonly WireguardPeerChange[];
}

export interface WireguardPeerChange extends Partial<WireguardPeer> {
  readonly publicKey: string;
  readonly isNew: boolean;
}

/** Never "replace all peers": each costs a curve product, and would lose its session. */
export function diffWireguard(observed: WireguardState, desired: WireguardConfig): WireguardChange {
  const present = new Map(observed.peers.map((peer) => [peer.publicKey, peer]));
  const wanted = new Set(desired.peers.map(({ publicKey }) => publicKey));
  const isSameKey = observed.publicKey === publicKeyOf(desired.privateKey);
  return {
    ...definedOnly({
      privateKey: isSameKey ? undefined : desired.privateKey,
      listenPort: observed.listenPort === desired.listenPort ? undefined : desired.listenPort,
    }),
    removedPeers: observed.peers.map(({ publicKey }) => publicKey).filter((publicKey) => !wanted.has(publicKey)),
    peers: desired.peers.flatMap((peer) => diffPeer(present.get(peer.publicKey), peer) ?? []),
  };
}

export function isEmptyChange({ privateKey, listenPort, removedPeers, peers }: WireguardChange): boolean {
  return privateKey === undefined && listenPort === undefined && removedPeers.length === 0 && peers.length === 0;
}

/** An endpoint that is not desired is left to roaming. */
function diffPeer(observed: WireguardPeer | undefined, desired: WireguardPeer): WireguardPeerChange | undefined {
  if (!observed) return { ...desired, isNew: true };
  const { publicKey, endpoint, keepaliveSeconds, allowedIps } = desired;
  const isSameEndpoint = endpoint?.address === observed.endpoint?.address && endpoint?.port === observed.endpoint?.port;
  const change = definedOnly({
    endpoint: isSameEndpoint ? undefined : endpoint,
    keepaliveSeconds: keepaliveSeconds === observed.keepaliveSeconds ? undefined : keepaliveSeconds,
    allowedIps: listing(allowedIps) === listing(observed.allowedIps) ? undefined : allowedIps,
  });
  return Object.keys(change).length === 0 ? undefined : { publicKey, ...change, isNew: false };
}

function listing(cidrs: readonly Cidr[]): string {
  return cidrs.map(formatCidr).sort().join(' ');
}
