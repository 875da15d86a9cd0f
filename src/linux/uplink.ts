import { listLinks } from './netlink/links.ts';
import { listRoutes } from './netlink/routes.ts';
import type { NetlinkSocket } from './netlink/socket.ts';

/** The link of the best default route of the socket's namespace; `mtu` in bytes. `undefined` when there is none. */
export function findUplink(socket: NetlinkSocket): { readonly name: string; readonly mtu: number } | undefined {
  const [best] = listRoutes(socket)
    .filter(({ type, destination, device }) => type === 'unicast' && destination.prefixLength === 0 && device !== undefined)
    .sort((a, b) => (a.metric ?? 0) - (b.metric ?? 0));
  const link = listLinks(socket).find(({ name }) => name === best?.device);
  return link && { name: link.name, mtu: link.mtu };
}
