import { SegwError } from '../../base/error.ts';
import { namespaceOf, withoutLinks, type HostState, type Link, type NamespaceState, type WireguardLink } from '../host-state.ts';
import type { WireguardStep } from '../step.ts';
import { changeNamespace } from './namespaces.ts';

const defaultMtu = { wireguard: 1420, other: 1500 };

/** A new link as the kernel makes it: down, and with nothing configured. */
export function createLink(state: HostState, namespace: string, link: Link): HostState {
  requireAbsent(state, namespace, link.name);
  const made = changeNamespace(state, namespace, (before) => withLink(before, bare(link)));
  if (link.kind !== 'veth') return made;
  const { peer } = link;
  requireAbsent(state, peer.namespace, peer.name);
  const end: Link = { kind: 'veth-peer', name: peer.name, mac: peer.mac, mtu: defaultMtu.other, isUp: false };
  return changeNamespace(made, peer.namespace, (before) => withLink(before, end));
}

/** Takes along all that is on the link, and the other end of a pair. */
export function removeLink(state: HostState, namespace: string, name: string): HostState {
  const ends = pairOf(state, namespace, name);
  return ends.reduce(
    (left, end) => changeNamespace(left, end.namespace, (before) => withoutLinks(before, new Set([end.name]))),
    state,
  );
}

export function changeLink(namespace: NamespaceState, name: string, change: (link: Link) => Link): NamespaceState {
  requireLink(namespace, name);
  return { ...namespace, links: namespace.links.map((link) => (link.name === name ? change(link) : link)) };
}

/** A link that goes down loses its routes. */
export function setLink(namespace: NamespaceState, name: string, properties: Pick<Link, 'mtu' | 'isUp'>): NamespaceState {
  const changed = changeLink(namespace, name, (link) => ({ ...link, ...properties }));
  if (properties.isUp) return changed;
  return { ...changed, routes: changed.routes.filter((route) => route.kind === 'unreachable' || route.device !== name) };
}

export function configureWireguard(link: Link, step: WireguardStep): WireguardLink {
  if (link.kind !== 'wireguard') throw new SegwError('SystemCall', `${link.name} is no WireGuard device`);
  const replaced = new Set([...step.removedPeers, ...step.peers.map(({ publicKey }) => publicKey)]);
  const taken = new Set(step.peers.flatMap(({ allowedIps }) => allowedIps));
  const kept = link.peers
    .filter(({ publicKey }) => !replaced.has(publicKey))
    .map((peer) => ({ ...peer, allowedIps: peer.allowedIps.filter((network) => !taken.has(network)) }));
  return { ...link, publicKey: step.publicKey, listenPort: step.listenPort, peers: [...kept, ...step.peers] };
}

export function requireLink({ name, links }: NamespaceState, device: string): Link {
  const link = links.find((other) => other.name === device);
  if (!link) throw new SegwError('SystemCall', `no link ${device} in namespace ${name}`);
  return link;
}

function requireAbsent(state: HostState, namespace: string, name: string): void {
  if (namespaceOf(state, namespace).links.some((link) => link.name === name))
    throw new SegwError('SystemCall', `link ${name} exists in namespace ${namespace}`);
}

function bare(link: Link): Link {
  if (link.kind !== 'wireguard') return { ...link, mtu: defaultMtu.other, isUp: false };
  return { kind: 'wireguard', name: link.name, mtu: defaultMtu.wireguard, isUp: false, publicKey: '', listenPort: 0, peers: [] };
}

function withLink(namespace: NamespaceState, link: Link): NamespaceState {
  return { ...namespace, links: [...namespace.links, link] };
}

interface LinkPlace {
  readonly namespace: string;
  readonly name: string;
}

function pairOf({ namespaces }: HostState, namespace: string, name: string): LinkPlace[] {
  const pairs = namespaces.flatMap((space) =>
    space.links.flatMap((link): [LinkPlace, LinkPlace][] =>
      link.kind === 'veth' ? [[{ namespace: space.name, name: link.name }, link.peer]] : [],
    ),
  );
  const place = { namespace, name };
  return pairs.find((ends) => ends.some((end) => end.namespace === namespace && end.name === name)) ?? [place];
}
