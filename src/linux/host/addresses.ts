import type { Address } from '../../dataplane/host-state.ts';
import { deleteAddress, listAddresses, replaceAddress } from '../netlink/addresses.ts';
import { listNeighbours, replaceNeighbours } from '../netlink/neighbours.ts';
import { replaceRoutes, type Route } from '../netlink/routes.ts';
import type { NetlinkSocket } from '../netlink/socket.ts';
import { listForwardingRoutes } from './routes.ts';

export function observeAddresses(socket: NetlinkSocket): Address[] {
  return listAddresses(socket).map(({ device, address, prefixLength }) => ({ device, address, prefixLength }));
}

export function ensureAddress(socket: NetlinkSocket, address: Address): void {
  replaceAddress(socket, address.device, address);
}

/**
 * The address and nothing else. With a device's last address the kernel takes all its routes and neighbours away (fib_frontend.c,
 * fib_disable_ip): those are put back.
 */
export function removeAddress(socket: NetlinkSocket, address: Address): void {
  const { device } = address;
  const routes = listForwardingRoutes(socket).filter((route) => route.device === device && route.source !== address.address);
  const neighbours = listNeighbours(socket, device);
  deleteAddress(socket, device, address);
  if (listAddresses(socket, device).length > 0) return;
  replaceRoutes(socket, routes.toSorted(directFirst));
  replaceNeighbours(socket, neighbours);
}

/** A route by way of a router needs the one that leads to the router. */
function directFirst(a: Route, b: Route): number {
  return Number(a.via !== undefined) - Number(b.via !== undefined);
}
