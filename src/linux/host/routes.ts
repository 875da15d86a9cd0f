import { formatCidr, parseCidr } from '../../base/addresses.ts';
import type { Route } from '../../dataplane/host-state.ts';
import { deleteRoutes, listRoutes, protocols, replaceRoutes, type Route as KernelRoute } from '../netlink/routes.ts';
import type { NetlinkSocket } from '../netlink/socket.ts';

/** All tables at once (linux/rtnetlink.h, RT_TABLE_UNSPEC). */
const everyTable = 0;
/** The kernel's own routes for our addresses: they come and go with them. */
const localTable = 255;

export function observeRoutes(socket: NetlinkSocket): Route[] {
  return listForwardingRoutes(socket).map(fromKernelRoute);
}

/** The routes of all tables but `local`. */
export function listForwardingRoutes(socket: NetlinkSocket): KernelRoute[] {
  return listRoutes(socket, { table: everyTable }).filter(({ table }) => table !== localTable);
}

export function ensureRoute(socket: NetlinkSocket, route: Route): void {
  replaceRoutes(socket, [toKernelRoute(route)]);
}

/** Exactly this one: to the kernel a metric of 0 would mean any. */
export function removeRoute(socket: NetlinkSocket, route: Route): void {
  const wanted = JSON.stringify(normal(route));
  const present = listRoutes(socket, { table: route.table });
  deleteRoutes(
    socket,
    present.filter((other) => JSON.stringify(normal(fromKernelRoute(other))) === wanted),
  );
}

export function toKernelRoute(route: Route): KernelRoute {
  const { destination, table, metric } = route;
  const common = {
    destination: parseCidr(destination === 'default' ? '0.0.0.0/0' : destination, 'destination'),
    table,
    metric,
    protocol: protocols.kernel,
  };
  if (route.kind === 'unreachable') return { ...common, type: 'unreachable' };
  return { ...common, type: 'unicast', device: route.device, ...(route.via === undefined ? {} : { via: route.via }) };
}

/** Routes that go nowhere, of whatever type, and those that we never write (several next hops) count as unreachable ones. */
export function fromKernelRoute({ destination, table = 0, metric = 0, type, device, via }: KernelRoute): Route {
  const where = { destination: destination.prefixLength === 0 ? 'default' : formatCidr(destination), table, metric };
  if (type !== 'unicast' || device === undefined) return { kind: 'unreachable', ...where };
  return { kind: 'device', ...where, device, ...(via === undefined ? {} : { via }) };
}

function normal(route: Route): readonly unknown[] {
  const { kind, destination, table, metric } = route;
  return [kind, destination, table, metric, ...(route.kind === 'device' ? [route.device, route.via ?? ''] : [])];
}
