import { SegwError } from '../../base/error.ts';
import type { HostState, NamespaceState, Route } from '../host-state.ts';
import { renderAddress, renderNeighbourKey, renderRoute, renderRouteKey, renderRule } from '../render.ts';
import type { Step, StepByKind } from '../step.ts';
import { changeLink, configureWireguard, createLink, removeLink, requireLink, setLink } from './links.ts';
import { changeNamespace, ensureNamespace, removeNamespace } from './namespaces.ts';
import { applyTransaction } from './nft.ts';

type Effect<S extends Step> = (state: HostState, step: S) => HostState;

const effects: { readonly [Kind in keyof StepByKind]: Effect<StepByKind[Kind]> } = {
  'ensure-namespace': (state, { namespace }) => ensureNamespace(state, namespace),
  'remove-namespace': (state, { namespace }) => removeNamespace(state, namespace),
  nft: within((before, { transaction }) => ({ ...before, tables: applyTransaction(before.tables, transaction) })),
  'create-link': (state, { namespace, link }) => createLink(state, namespace, link),
  'remove-link': (state, { namespace, name }) => removeLink(state, namespace, name),
  'set-link': within((before, { name, mtu, isUp }) => setLink(before, name, { mtu, isUp })),
  'configure-wireguard': within((before, step) => changeLink(before, step.device, (link) => configureWireguard(link, step))),
  'ensure-sysctl': within((before, { sysctl }) => {
    if (sysctl.device !== undefined) requireLink(before, sysctl.device);
    return { ...before, sysctls: put(before.sysctls, sysctl, ({ key }) => key) };
  }),
  'ensure-address': within((before, { address }) => {
    requireLink(before, address.device);
    return { ...before, addresses: put(before.addresses, address, renderAddress) };
  }),
  'remove-address': within((before, { address }) => ({ ...before, addresses: drop(before.addresses, address, renderAddress) })),
  'ensure-neighbour': within((before, { neighbour }) => {
    requireLink(before, neighbour.device);
    return { ...before, neighbours: put(before.neighbours, neighbour, renderNeighbourKey) };
  }),
  'remove-neighbour': within((before, { neighbour }) => ({
    ...before,
    neighbours: drop(before.neighbours, neighbour, renderNeighbourKey),
  })),
  'ensure-route': within((before, { route }) => {
    requireReachable(before, route);
    return { ...before, routes: put(before.routes, route, renderRouteKey) };
  }),
  'remove-route': within((before, { route }) => ({ ...before, routes: drop(before.routes, route, renderRoute) })),
  'ensure-rule': within((before, { rule }) => ({ ...before, rules: put(before.rules, rule, renderRule) })),
  'remove-rule': within((before, { rule }) => ({ ...before, rules: drop(before.rules, rule, renderRule) })),
  'forget-flows': within((before) => before),
  kick: within((before) => before),
  'settle-flows': within((before) => before),
};

/** What a kernel that is plain data makes of the step. Throws SegwError where a real one would refuse. Knows no connections. */
export function applyStep(state: HostState, step: Step): HostState {
  return effectOf(step.kind)(state, step);
}

function effectOf<Kind extends keyof StepByKind>(kind: Kind): Effect<StepByKind[Kind]> {
  return effects[kind];
}

function within<S extends Step>(change: (before: NamespaceState, step: S) => NamespaceState): Effect<S> {
  return (state, step) => changeNamespace(state, step.namespace, (before) => change(before, step));
}

function put<T>(objects: readonly T[], object: T, key: (object: T) => string): T[] {
  return [...drop(objects, object, key), object];
}

function drop<T>(objects: readonly T[], object: T, key: (object: T) => string): T[] {
  return objects.filter((other) => key(other) !== key(object));
}

/** A route needs a link that is up, and a route to its router. */
function requireReachable(namespace: NamespaceState, route: Route): void {
  if (route.kind === 'unreachable') return;
  const { device, via } = route;
  if (!requireLink(namespace, device).isUp) throw new SegwError('SystemCall', `link ${device} is down`);
  if (via === undefined) return;
  const leads = namespace.routes.some(
    (other) => other.kind === 'device' && other.device === device && other.destination === `${via}/32`,
  );
  if (!leads) throw new SegwError('SystemCall', `no route to ${via} by ${device}`);
}
