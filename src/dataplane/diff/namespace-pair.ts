import { hostNamespace, namespaceOf, withoutLinks, type HostState, type Link, type NamespaceState } from '../host-state.ts';
import { renderLinkIdentity } from '../render.ts';

/** A namespace that stays: how it is and how it should be. */
export interface NamespacePair {
  readonly name: string;
  /** Links that carry a name of ours and are something else: they have to go before ours can come. */
  readonly doomed: readonly string[];
  /** What is there, without the doomed links. */
  readonly observed: NamespaceState;
  readonly desired: NamespaceState;
}

/** The host's namespace and every desired one, in this order. What is in the others goes with them. */
export function pairNamespaces(observed: HostState, desired: HostState): NamespacePair[] {
  const doomed = doomedLinks(observed, desired);
  const names = new Set([hostNamespace, ...desired.namespaces.map(({ name }) => name)]);
  return [...names].map((name) => {
    const before = namespaceOf(observed, name);
    const links = before.links.map((link) => link.name).filter((link) => doomed.has(placeOf(name, link)));
    return { name, doomed: links, observed: withoutLinks(before, new Set(links)), desired: namespaceOf(desired, name) };
  });
}

/** Links that are not what they should be. The two ends of a pair share their fate. */
function doomedLinks(observed: HostState, desired: HostState): ReadonlySet<string> {
  const there = linksByPlace(observed);
  const wanted = linksByPlace(desired);
  const doomed = new Set<string>();
  for (const [place, link] of wanted) {
    const ends = link.kind === 'veth' ? [place, placeOf(link.peer.namespace, link.peer.name)] : [place];
    const isRight = ends.every((end) => isSame(there.get(end), wanted.get(end)));
    if (!isRight) for (const end of ends) doomed.add(end);
  }
  return doomed;
}

function isSame(observed: Link | undefined, desired: Link | undefined): boolean {
  return observed !== undefined && desired !== undefined && renderLinkIdentity(observed) === renderLinkIdentity(desired);
}

function linksByPlace({ namespaces }: HostState): Map<string, Link> {
  return new Map(namespaces.flatMap(({ name, links }) => links.map((link) => [placeOf(name, link.name), link])));
}

function placeOf(namespace: string, link: string): string {
  return `${namespace} ${link}`;
}
