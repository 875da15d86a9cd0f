import { SegwError, hasErrno } from '../../base/error.ts';
import { formatCidr } from '../../base/addresses.ts';
import type { Link } from '../../dataplane/host-state.ts';
import { isErrno } from '../libc.ts';
import { createVeth, deleteLink, listLinks, type Link as KernelLink } from '../netlink/links.ts';
import type { WireguardPeer, WireguardState } from '../wireguard/device.ts';
import type { Namespaces } from './namespaces.ts';
import type { OpenNamespace } from './open-namespace.ts';
import type { WireguardKind } from './wireguard-kind.ts';

/** A namespace with all its links. */
export interface LinkedNamespace {
  readonly namespace: OpenNamespace;
  readonly links: readonly KernelLink[];
}

interface VethEnd {
  readonly namespace: string;
  readonly link: KernelLink;
}

/** A link of ours as it is; `undefined` when it went meanwhile. `all`: the namespaces that may hold the other end of a pair. */
export async function observeLink(
  { namespace, link }: { readonly namespace: OpenNamespace; readonly link: KernelLink },
  all: readonly LinkedNamespace[],
  wireguard: WireguardKind,
): Promise<Link | undefined> {
  const { name, mtu, isUp, mac = '' } = link;
  const foreign: Link = { kind: 'foreign', name, mtu, isUp };
  if (link.kind === wireguard.linkKind) {
    const state = await readWireguard(wireguard, namespace, name);
    return state === 'none' ? foreign : state && { ...foreign, ...fromState(state) };
  }
  const peer = link.kind === 'veth' ? otherEnd({ namespace: namespace.name, link }, all) : undefined;
  if (!peer) return foreign;
  if (!isFirst({ namespace: namespace.name, link }, peer, all)) return { ...foreign, kind: 'veth-peer', mac };
  return {
    ...foreign,
    kind: 'veth',
    mac,
    peer: { namespace: peer.namespace, name: peer.link.name, mac: peer.link.mac ?? '' },
  };
}

/** Throws `Internal` for links that nobody makes by themselves. */
export async function createLink(
  namespace: OpenNamespace,
  link: Link,
  { namespaces, wireguard }: { readonly namespaces: Namespaces; readonly wireguard: WireguardKind },
): Promise<void> {
  if (link.kind === 'wireguard') {
    await wireguard.create(namespace, link.name);
    return;
  }
  if (link.kind !== 'veth') throw new SegwError('Internal', `a link of kind ${link.kind} cannot be created`);
  const { name, mac, peer } = link;
  const netns = namespaces.get(peer.namespace).path;
  createVeth(namespace.route, { name, mac, peer: { name: peer.name, mac: peer.mac, netns } });
}

/** A link that is gone already is fine. */
export async function removeLink({ route }: OpenNamespace, name: string, wireguard: WireguardKind): Promise<void> {
  await wireguard.release(name);
  await deleteLink(route, name);
}

/** Before their namespace: with it they would go at some later time, and so would the other ends of pairs. */
export async function removeLinks(namespace: OpenNamespace, wireguard: WireguardKind): Promise<void> {
  const virtual = listLinks(namespace.route).filter(({ kind }) => kind !== undefined);
  for (const { name } of virtual) await removeLink(namespace, name, wireguard);
}

/** `none`: a link that only looks like such a device, nobody is behind it. */
async function readWireguard(
  wireguard: WireguardKind,
  namespace: OpenNamespace,
  name: string,
): Promise<WireguardState | 'none' | undefined> {
  try {
    return await wireguard.open(namespace, name).read();
  } catch (error) {
    if (isErrno(error, 'ENODEV')) return undefined;
    const cause = error instanceof SegwError ? error.cause : undefined;
    if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET'].some((code) => hasErrno(cause, code))) return 'none';
    throw error;
  }
}

function fromState({ publicKey = '', listenPort, peers }: WireguardState) {
  return { kind: 'wireguard' as const, publicKey, listenPort, peers: peers.map(fromPeer) };
}

function fromPeer({ publicKey, endpoint, keepaliveSeconds, allowedIps }: WireguardPeer) {
  return {
    publicKey,
    endpoint: endpoint ? `${endpoint.address}:${String(endpoint.port)}` : '',
    keepaliveSeconds,
    allowedIps: allowedIps.map(formatCidr).toSorted(),
  };
}

/** Each end knows the other's number in the other's namespace; which namespace that is follows from both agreeing. */
function otherEnd({ namespace, link }: VethEnd, all: readonly LinkedNamespace[]): VethEnd | undefined {
  return all
    .flatMap(({ namespace: { name }, links }) => links.map((other): VethEnd => ({ namespace: name, link: other })))
    .filter((end) => end.namespace !== namespace || end.link !== link)
    .find((end) => end.link.kind === 'veth' && end.link.index === link.peerIndex && end.link.peerIndex === link.index);
}

/** The end that stands for the pair: the one in the namespace that is named first. */
function isFirst(end: VethEnd, peer: VethEnd, all: readonly LinkedNamespace[]): boolean {
  const placeOf = ({ namespace }: VethEnd) => all.findIndex((other) => other.namespace.name === namespace);
  return placeOf(end) - placeOf(peer) < 0 || (placeOf(end) === placeOf(peer) && end.link.index < peer.link.index);
}
