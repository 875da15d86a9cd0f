import type { Address, NamespaceState, Neighbour, Route, Rule, Sysctl } from '../host-state.ts';
import {
  renderAddress,
  renderNeighbour,
  renderNeighbourKey,
  renderRoute,
  renderRouteKey,
  renderRule,
  renderSysctl,
} from '../render.ts';
import type { Deed } from '../step.ts';

/** A family of kernel objects that are made one by one. */
export interface Family<T> {
  readonly list: (namespace: NamespaceState) => readonly T[];
  /** All of an object; two with the same text are the same. */
  readonly text: (object: T) => string;
  /** Replaces what has the same key. */
  readonly ensure: (object: T) => Deed;
}

/** One whose objects are also taken away. */
export interface RemovableFamily<T> extends Family<T> {
  /** What the kernel tells two objects apart by. */
  readonly key: (object: T) => string;
  /** Everything that shares the keys, of whatever family: an `ensure` of any of it replaces. */
  readonly rivals: (namespace: NamespaceState) => readonly T[];
  readonly remove: (object: T) => Deed;
}

export const rules: RemovableFamily<Rule> = {
  list: (namespace) => namespace.rules,
  text: renderRule,
  key: renderRule,
  rivals: (namespace) => namespace.rules,
  ensure: (rule) => ({ kind: 'ensure-rule', rule }),
  remove: (rule) => ({ kind: 'remove-rule', rule }),
};

export const addresses: RemovableFamily<Address> = {
  list: (namespace) => namespace.addresses,
  text: renderAddress,
  key: renderAddress,
  rivals: (namespace) => namespace.addresses,
  ensure: (address) => ({ kind: 'ensure-address', address }),
  remove: (address) => ({ kind: 'remove-address', address }),
};

export const neighbours: RemovableFamily<Neighbour> = {
  list: (namespace) => namespace.neighbours,
  text: renderNeighbour,
  key: renderNeighbourKey,
  rivals: (namespace) => namespace.neighbours,
  ensure: (neighbour) => ({ kind: 'ensure-neighbour', neighbour }),
  remove: (neighbour) => ({ kind: 'remove-neighbour', neighbour }),
};

export const unreachableRoutes = routes(({ kind }) => kind === 'unreachable');

export const directRoutes = routes((route) => route.kind === 'device' && route.via === undefined);

/** By way of a router, to which a direct route must lead already. */
export const indirectRoutes = routes((route) => route.kind === 'device' && route.via !== undefined);

export const namespaceSysctls = sysctls(({ device }) => device === undefined);

export const deviceSysctls = sysctls(({ device }) => device !== undefined);

function routes(belongs: (route: Route) => boolean): RemovableFamily<Route> {
  return {
    list: (namespace) => namespace.routes.filter(belongs),
    text: renderRoute,
    key: renderRouteKey,
    rivals: (namespace) => namespace.routes,
    ensure: (route) => ({ kind: 'ensure-route', route }),
    remove: (route) => ({ kind: 'remove-route', route }),
  };
}

/** Nobody knows what a sysctl was before us, so none is ever put back. */
function sysctls(belongs: (sysctl: Sysctl) => boolean): Family<Sysctl> {
  return {
    list: (namespace) => namespace.sysctls.filter(belongs),
    text: renderSysctl,
    ensure: (sysctl) => ({ kind: 'ensure-sysctl', sysctl }),
  };
}
