import type { Address, HostState, Link, NamespaceState, Neighbour, Route, Rule, Sysctl, WgPeer } from './host-state.ts';
import { mainTable } from './host-state.ts';
import { renderChain, renderSet } from './nft/render.ts';
import type { NftTable } from './nft/table.ts';

/** Stable text of a state, in the words of ip(8), wg(8) and nft(8): two states are equal exactly when their texts are. */
export function render({ namespaces }: HostState): string {
  return namespaces
    .toSorted(byName)
    .map((namespace) => [`namespace ${namespace.name}`, ...renderNamespace(namespace), ''].join('\n'))
    .join('');
}

function renderNamespace(namespace: NamespaceState): string[] {
  return [
    ...namespace.links.toSorted(byName).flatMap(renderLink),
    ...namespace.sysctls.map(renderSysctl).toSorted(),
    ...namespace.addresses.map(renderAddress).toSorted(),
    ...namespace.neighbours.map(renderNeighbour).toSorted(),
    ...namespace.rules.map(renderRule).toSorted(),
    ...namespace.routes.map(renderRoute).toSorted(),
    ...namespace.tables.toSorted(byName).flatMap(renderTableState),
  ].map((line) => `  ${line}`);
}

/** A table without what it counted. */
function renderTableState({ name, isOwned, counters, sets, chains }: NftTable): string[] {
  return [
    `table inet ${name}${isOwned ? ' flags owner' : ''}`,
    ...counters.toSorted(byName).map((counter) => `  counter ${counter.name}`),
    ...sets
      .toSorted(byName)
      .map((set) => `  ${renderSet({ ...set, elements: set.elements.toSorted((a, b) => (a.key < b.key ? -1 : 1)) })}`),
    ...chains.toSorted(byName).flatMap((chain) => renderChain(chain).map((line) => `  ${line}`)),
  ];
}

function renderLink(link: Link): string[] {
  return [
    `link ${link.name} ${renderLinkIdentity(link)} mtu ${String(link.mtu)} ${link.isUp ? 'up' : 'down'}`,
    ...(link.kind === 'wireguard' ? renderWireguard(link).map((line) => `  ${line}`) : []),
  ];
}

/** What of a link cannot be changed: another text means another link. */
export function renderLinkIdentity(link: Link): string {
  if (link.kind === 'veth') return `veth ${link.mac} peer ${link.peer.name} ${link.peer.mac} namespace ${link.peer.namespace}`;
  return link.kind === 'veth-peer' ? `veth-peer ${link.mac}` : link.kind;
}

export function renderWireguard({ publicKey, listenPort, peers }: Extract<Link, { kind: 'wireguard' }>): string[] {
  return [`public-key ${publicKey} listen-port ${String(listenPort)}`, ...peers.map(renderPeer).toSorted()];
}

export function renderPeer({ publicKey, endpoint, keepaliveSeconds, allowedIps }: WgPeer): string {
  const keepalive = `persistent-keepalive ${String(keepaliveSeconds)}`;
  return `peer ${publicKey} endpoint ${endpoint} ${keepalive} allowed-ips ${allowedIps.join(',')}`;
}

export function renderAddress({ device, address, prefixLength }: Address): string {
  return `address ${address}/${String(prefixLength)} dev ${device}`;
}

export function renderNeighbour({ device, address, mac }: Neighbour): string {
  return `${renderNeighbourKey({ device, address })} lladdr ${mac} permanent`;
}

export function renderNeighbourKey({ device, address }: Pick<Neighbour, 'device' | 'address'>): string {
  return `neighbour ${address} dev ${device}`;
}

export function renderRoute(route: Route): string {
  if (route.kind === 'unreachable') return `${renderRouteKey(route)} unreachable`;
  return `${renderRouteKey(route)}${route.via === undefined ? '' : ` via ${route.via}`} dev ${route.device}`;
}

/** What the kernel tells routes apart by. */
export function renderRouteKey({ destination, table, metric }: Route): string {
  const where = table === mainTable ? '' : ` table ${String(table)}`;
  return `route ${destination}${where}${metric === 0 ? '' : ` metric ${String(metric)}`}`;
}

export function renderRule({ preference, mark, mask, table }: Rule): string {
  return `rule pref ${String(preference)} fwmark 0x${mark.toString(16)}/0x${mask.toString(16)} lookup ${String(table)}`;
}

export function renderSysctl({ key, value }: Sysctl): string {
  return `sysctl ${key} = ${value}`;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
