import type { NftTable } from './nft/table.ts';

/** The name of the namespace in which an agent's node lives. It is there before us and stays after us. */
export const hostNamespace = 'host';

/**
 * What is ours in a node's kernel, observed or desired. IPv4 only, but for nftables and sysctls. A namespace that is not listed does
 * not exist, except the host's: that has nothing of ours.
 */
export interface HostState {
  readonly namespaces: readonly NamespaceState[];
}

export interface NamespaceState {
  readonly name: string;
  readonly links: readonly Link[];
  readonly addresses: readonly Address[];
  readonly neighbours: readonly Neighbour[];
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  readonly sysctls: readonly Sysctl[];
  readonly tables: readonly NftTable[];
}

export type Link = WireguardLink | VethLink | VethPeerLink | ForeignLink;

interface LinkProperties {
  readonly name: string;
  /** Bytes. */
  readonly mtu: number;
  readonly isUp: boolean;
}

/** Wherever the device is, its UDP socket is in the host namespace. */
export interface WireguardLink extends LinkProperties {
  readonly kind: 'wireguard';
  /** Of the device's private key, base64; empty when it has none. The private key itself is in no state and in no step. */
  readonly publicKey: string;
  readonly listenPort: number;
  readonly peers: readonly WgPeer[];
}

export interface WgPeer {
  readonly publicKey: string;
  /** `address:port`; empty when unknown. */
  readonly endpoint: string;
  readonly keepaliveSeconds: number;
  /** Networks as `10.0.0.0/8`, sorted. */
  readonly allowedIps: readonly string[];
}

/** The end of a veth pair that stands for the pair. */
export interface VethLink extends LinkProperties {
  readonly kind: 'veth';
  readonly mac: string;
  readonly peer: { readonly namespace: string; readonly name: string; readonly mac: string };
}

/** The other end: comes and goes with the pair. */
export interface VethPeerLink extends LinkProperties {
  readonly kind: 'veth-peer';
  readonly mac: string;
}

/** Something else under one of our names. Only ever observed. */
export interface ForeignLink extends LinkProperties {
  readonly kind: 'foreign';
}

export interface Address {
  readonly device: string;
  readonly address: string;
  readonly prefixLength: number;
}

/** A permanent entry. */
export interface Neighbour {
  readonly device: string;
  readonly address: string;
  readonly mac: string;
}

/** Written with `protocol kernel`: systemd-networkd removes foreign routes of every other protocol when it restarts. */
export type Route = DeviceRoute | UnreachableRoute;

interface RouteProperties {
  /** `default` or a network such as `10.0.0.0/8`; a single address is a `/32`. */
  readonly destination: string;
  readonly table: number;
  readonly metric: number;
}

export interface DeviceRoute extends RouteProperties {
  readonly kind: 'device';
  readonly device: string;
  readonly via?: string;
}

export interface UnreachableRoute extends RouteProperties {
  readonly kind: 'unreachable';
}

/** Looks `table` up for packets whose mark has the value `mark` under `mask`. Written with `protocol kernel`, like routes. */
export interface Rule {
  readonly preference: number;
  readonly mark: number;
  readonly mask: number;
  readonly table: number;
}

export interface Sysctl {
  /** With dots: `net.ipv4.ip_forward`. */
  readonly key: string;
  readonly value: string;
  /** The link that it belongs to, with which it comes and goes. */
  readonly device?: string;
}

export const mainTable = 254;

export function emptyNamespace(name: string): NamespaceState {
  return { name, links: [], addresses: [], neighbours: [], routes: [], rules: [], sysctls: [], tables: [] };
}

/** The namespace of that name, empty when it is not listed. */
export function namespaceOf({ namespaces }: HostState, name: string): NamespaceState {
  return namespaces.find((namespace) => namespace.name === name) ?? emptyNamespace(name);
}

/** Whether there is a namespace of that name: the host's always is. */
export function hasNamespace({ namespaces }: HostState, name: string): boolean {
  return name === hostNamespace || namespaces.some((namespace) => namespace.name === name);
}

/** Without these links and everything that exists only with them. */
export function withoutLinks(namespace: NamespaceState, names: ReadonlySet<string>): NamespaceState {
  const isLeft = ({ device }: { readonly device?: string }) => device === undefined || !names.has(device);
  return {
    ...namespace,
    links: namespace.links.filter(({ name }) => !names.has(name)),
    addresses: namespace.addresses.filter(isLeft),
    neighbours: namespace.neighbours.filter(isLeft),
    routes: namespace.routes.filter((route) => route.kind === 'unreachable' || isLeft(route)),
    sysctls: namespace.sysctls.filter(isLeft),
  };
}
