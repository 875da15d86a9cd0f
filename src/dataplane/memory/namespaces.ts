import { SegwError } from '../../base/error.ts';
import { emptyNamespace, hasNamespace, namespaceOf, withoutLinks, type HostState, type NamespaceState } from '../host-state.ts';

/** Throws `SystemCall` when there is no such namespace. */
export function changeNamespace(
  state: HostState,
  name: string,
  change: (namespace: NamespaceState) => NamespaceState,
): HostState {
  if (!hasNamespace(state, name)) throw new SegwError('SystemCall', `no namespace ${name}`);
  const changed = change(namespaceOf(state, name));
  return { namespaces: [...state.namespaces.filter((namespace) => namespace.name !== name), changed] };
}

export function ensureNamespace(state: HostState, name: string): HostState {
  return hasNamespace(state, name) ? state : { namespaces: [...state.namespaces, emptyNamespace(name)] };
}

/** Takes along all that is in it, and the pairs that led into it. */
export function removeNamespace({ namespaces }: HostState, name: string): HostState {
  const left = namespaces.filter((namespace) => namespace.name !== name);
  return { namespaces: left.map((namespace) => withoutLinks(namespace, linksInto(namespace, name))) };
}

function linksInto({ links }: NamespaceState, name: string): Set<string> {
  return new Set(links.flatMap((link) => (link.kind === 'veth' && link.peer.namespace === name ? [link.name] : [])));
}
