import { withoutLinks, type Link, type WireguardLink } from '../host-state.ts';
import { renderPeer, renderWireguard } from '../render.ts';
import type { Deed } from '../step.ts';
import type { NamespacePair } from './namespace-pair.ts';

export function removeDoomedLinks({ doomed }: NamespacePair): Deed[] {
  return doomed.map((name) => ({ kind: 'remove-link', name }));
}

/** The other end of a veth pair comes with the one that stands for it. */
export function createLinks({ observed, desired }: NamespacePair): Deed[] {
  const there = new Set(observed.links.map(({ name }) => name));
  const missing = desired.links.filter(({ name, kind }) => kind !== 'veth-peer' && !there.has(name));
  return missing.map((link) => ({ kind: 'create-link', link }));
}

export function configureWireguard({ observed, desired }: NamespacePair): Deed[] {
  return desired.links.flatMap((link) => {
    if (link.kind !== 'wireguard') return [];
    const before = observed.links.find(({ name }) => name === link.name);
    return wireguardChange(before?.kind === 'wireguard' ? before : undefined, link);
  });
}

/** Last, when everything that belongs to the link is there. */
export function setLinks({ observed, desired }: NamespacePair): Deed[] {
  const there = new Map(observed.links.map((link) => [link.name, link]));
  return desired.links.flatMap((link) => {
    const before = there.get(link.name);
    const isRight = before?.mtu === link.mtu && before.isUp === link.isUp;
    return isRight ? [] : [{ kind: 'set-link', name: link.name, mtu: link.mtu, isUp: link.isUp }];
  });
}

export function removeUnwantedLinks(pair: NamespacePair): Deed[] {
  return unwantedLinks(pair).map(({ name }) => ({ kind: 'remove-link', name }));
}

/** The pair without what goes away together with an unwanted link. */
export function withoutUnwantedLinks(pair: NamespacePair): NamespacePair {
  const names = new Set(unwantedLinks(pair).map(({ name }) => name));
  return { ...pair, observed: withoutLinks(pair.observed, names) };
}

function unwantedLinks({ observed, desired }: NamespacePair): Link[] {
  const wanted = new Set(desired.links.map(({ name }) => name));
  return observed.links.filter(({ name }) => !wanted.has(name));
}

function wireguardChange(before: WireguardLink | undefined, after: WireguardLink): Deed[] {
  if (before && renderWireguard(before).join() === renderWireguard(after).join()) return [];
  const old = new Set(before?.peers.map(renderPeer));
  const kept = new Set(after.peers.map(({ publicKey }) => publicKey));
  return [
    {
      kind: 'configure-wireguard',
      device: after.name,
      publicKey: after.publicKey,
      listenPort: after.listenPort,
      removedPeers: (before?.peers ?? []).map(({ publicKey }) => publicKey).filter((key) => !kept.has(key)),
      peers: after.peers.filter((peer) => !old.has(renderPeer(peer))),
    },
  ];
}
