import { closeSync, openSync } from 'node:fs';
import { definedOnly } from '../../base/defined.ts';
import { SegwError } from '../../base/error.ts';
import { Attributes, bytes, mac, nested, text, u32 } from './attributes.ts';
import { NLM_F, type NetlinkMessage } from './message.ts';
import type { NetlinkRequest, NetlinkSocket } from './socket.ts';

export interface Link {
  readonly index: number;
  readonly name: string;
  /** `veth`, `bridge`, `tun`, `wireguard`, ...; absent for hardware and `lo`. */
  readonly kind?: string;
  readonly isUp: boolean;
  readonly mtu: number;
  /** Absent for tunnels. */
  readonly mac?: string;
  readonly alias?: string;
  /** The bridge that it is a port of. */
  readonly masterIndex?: number;
  /** A veth's other end: an index in that end's namespace. */
  readonly peerIndex?: number;
  readonly rxPackets: number;
  readonly txPackets: number;
}

/** What a link is made with. */
export interface NewLink {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** Path of the namespace that it is made in; default: the socket's. */
  readonly netns?: string;
  /** Default false. */
  readonly isUp?: boolean;
}

/** A veth's other end: down at first, since the kernel brings it up before the pair is joined, and fails. */
export type NewPeer = Omit<NewLink, 'isUp'>;

export interface LinkChange {
  readonly isUp?: boolean;
  readonly mtu?: number;
  readonly mac?: string;
  /** A bridge's name; `null` takes the link out of its bridge. */
  readonly master?: string | null;
  readonly alias?: string;
}

const RTM = { newLink: 16, deleteLink: 17, getLink: 18, setLink: 19 } as const;

/** linux/if_link.h */
const IFLA = { address: 1, name: 3, mtu: 4, link: 5, master: 10, info: 18, alias: 20, stats64: 23, netnsFd: 28 } as const;
const IFLA_INFO = { kind: 1, data: 2 } as const;
const VETH_INFO_PEER = 1;
const IFF_UP = 1;

const headerLength = 16;

/** A pair of connected links, both made in their namespaces (never moved: a move costs 20 ms, this half a millisecond). */
export function createVeth(socket: NetlinkSocket, { peer, ...link }: NewLink & { readonly peer: NewPeer }): void {
  withNetns(peer, (peerAttributes) => {
    const data = bytes(VETH_INFO_PEER, Buffer.concat([header(), ...peerAttributes]));
    create(socket, 'veth', link, data);
  });
}

export function createBridge(socket: NetlinkSocket, link: NewLink): void {
  create(socket, 'bridge', link);
}

/** Made in `netns`, while its UDP socket stays in this socket's namespace for life. ENOTSUP where the kernel has no WireGuard. */
export function createWireguardLink(socket: NetlinkSocket, link: NewLink): void {
  create(socket, 'wireguard', link);
}

export function setLink(socket: NetlinkSocket, name: string, change: LinkChange): void {
  const { master } = change;
  const masterIndex = typeof master === 'string' ? getLink(socket, master).index : 0;
  socket.execute([
    {
      doing: `set link ${name}`,
      type: RTM.setLink,
      payload: [
        header(change.isUp),
        text(IFLA.name, name),
        mac(IFLA.address, change.mac),
        u32(IFLA.mtu, change.mtu),
        u32(IFLA.master, master === undefined ? undefined : masterIndex),
        text(IFLA.alias, change.alias),
      ],
    },
  ]);
}

/** Takes the kernel tens of milliseconds, so it runs in the pool. A link that is gone already is fine. */
export async function deleteLink(socket: NetlinkSocket, name: string): Promise<void> {
  const request = { doing: `delete link ${name}`, type: RTM.deleteLink, payload: [header(), text(IFLA.name, name)] };
  await socket.executeInPool(request, { tolerate: ['ENODEV'] });
}

/** Slow likewise. In its new namespace the link is down and has no addresses. */
export async function moveLink(socket: NetlinkSocket, name: string, netns: string): Promise<void> {
  const target = openSync(netns, 'r');
  try {
    const payload = [header(), text(IFLA.name, name), u32(IFLA.netnsFd, target)];
    await socket.executeInPool({ doing: `move link ${name} to namespace ${netns}`, type: RTM.newLink, payload });
  } finally {
    closeSync(target);
  }
}

export function listLinks(socket: NetlinkSocket): Link[] {
  return socket.dump({ doing: 'list links', type: RTM.getLink, payload: [header()] }).map(decodeLink);
}

export function findLink(socket: NetlinkSocket, name: string): Link | undefined {
  const request = { doing: `read link ${name}`, type: RTM.getLink, payload: [header(), text(IFLA.name, name)] };
  return socket.execute([request], { tolerate: ['ENODEV'] }).map(decodeLink)[0];
}

/** Throws `NotFound`. */
export function getLink(socket: NetlinkSocket, name: string): Link {
  const link = findLink(socket, name);
  if (!link) throw new SegwError('NotFound', `there is no link ${name}`);
  return link;
}

/** Names of the links by index, for what the kernel reports by index. */
export function linkNames(socket: NetlinkSocket): ReadonlyMap<number, string> {
  return new Map(listLinks(socket).map(({ index, name }) => [index, name]));
}

export function decodeLink({ payload }: Pick<NetlinkMessage, 'payload'>): Link {
  const attributes = new Attributes(payload.subarray(headerLength));
  const stats = attributes.bytes(IFLA.stats64);
  return {
    index: payload.readInt32LE(4),
    name: attributes.text(IFLA.name) ?? '',
    isUp: (payload.readUInt32LE(8) & IFF_UP) !== 0,
    mtu: attributes.u32(IFLA.mtu) ?? 0,
    rxPackets: Number(stats?.readBigUInt64LE(0) ?? 0),
    txPackets: Number(stats?.readBigUInt64LE(8) ?? 0),
    ...definedOnly({
      kind: attributes.nested(IFLA.info).text(IFLA_INFO.kind),
      mac: attributes.mac(IFLA.address),
      alias: attributes.text(IFLA.alias),
      masterIndex: attributes.u32(IFLA.master),
      peerIndex: attributes.u32(IFLA.link),
    }),
  };
}

function create(socket: NetlinkSocket, kind: string, link: NewLink, data?: Buffer): void {
  withNetns(link, (attributes) => {
    const info = nested(IFLA.info, bytes(IFLA_INFO.kind, Buffer.from(kind)), ...(data ? [nested(IFLA_INFO.data, data)] : []));
    const request: NetlinkRequest = {
      doing: `create ${kind} link ${link.name}`,
      type: RTM.newLink,
      flags: NLM_F.create | NLM_F.exclusive,
      payload: [header(link.isUp), ...attributes, info],
    };
    socket.execute([request]);
  });
}

/** The attributes of a new link; its namespace is held open while `use` sends them. */
function withNetns(link: NewLink, use: (attributes: Buffer[]) => void): void {
  const netns = link.netns === undefined ? undefined : openSync(link.netns, 'r');
  try {
    use([text(IFLA.name, link.name), mac(IFLA.address, link.mac), u32(IFLA.mtu, link.mtu), u32(IFLA.netnsFd, netns)]);
  } finally {
    if (netns !== undefined) closeSync(netns);
  }
}

/** struct ifinfomsg; `isUp` absent leaves the state as it is. */
function header(isUp?: boolean): Buffer {
  const encoded = Buffer.alloc(headerLength);
  if (isUp !== undefined) {
    encoded.writeUInt32LE(isUp ? IFF_UP : 0, 8);
    encoded.writeUInt32LE(IFF_UP, 12);
  }
  return encoded;
}
