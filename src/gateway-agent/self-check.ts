import type { HostState, NamespaceState } from '../dataplane/host-state.ts';
import { namespaceOf } from '../dataplane/host-state.ts';
import { renderChain, renderElement } from '../dataplane/nft/render.ts';
import type { NftTable } from '../dataplane/nft/table.ts';
import {
  renderAddress,
  renderLinkIdentity,
  renderNeighbour,
  renderPeer,
  renderRoute,
  renderSysctl,
} from '../dataplane/render.ts';

/**
 * What of `desired` is not there, in the words of ip(8), wg(8) and nft(8): devices, peers, addresses, routes, rules. What is there and
 * not desired does not count: a change that stopped half-way leaves the gateway whole for what it served before. Pure.
 */
export function missingParts(observed: HostState, desired: HostState): string[] {
  return desired.namespaces.flatMap((namespace) => {
    const there = new Set(partsOf(namespaceOf(observed, namespace.name)));
    return partsOf(namespace)
      .filter((part) => !there.has(part))
      .map((part) => `${namespace.name}: ${part}`);
  });
}

function partsOf(namespace: NamespaceState): string[] {
  return [
    ...namespace.links.flatMap((link) => [
      `link ${link.name} ${renderLinkIdentity(link)} ${link.isUp ? 'up' : 'down'}`,
      ...(link.kind === 'wireguard' ? wireguardParts(link) : []),
    ]),
    ...namespace.addresses.map(renderAddress),
    ...namespace.neighbours.map(renderNeighbour),
    ...namespace.routes.map(renderRoute),
    ...namespace.sysctls.map(renderSysctl),
    ...namespace.tables.flatMap(tableParts),
  ];
}

function wireguardParts({ name, publicKey, listenPort, peers }: Extract<NamespaceState['links'][number], { kind: 'wireguard' }>) {
  return [
    `link ${name} public-key ${publicKey} listen-port ${String(listenPort)}`,
    ...peers.map((peer) => `link ${name} ${renderPeer(peer)}`),
  ];
}

/** A chain counts as a whole: the order of its rules matters. Elements count one by one. */
function tableParts({ name, sets, chains }: NftTable): string[] {
  return [
    ...chains.map((chain) => [`table ${name}`, ...renderChain(chain)].join('\n')),
    ...sets.flatMap((set) => set.elements.map((element) => `table ${name} ${set.name} ${renderElement(element)}`)),
  ];
}
