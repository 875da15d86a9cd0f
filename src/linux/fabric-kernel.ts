import type { FabricKernel, FabricRoute, NamespaceKernel } from '../region/fabric/kernel.ts';
import { SegwError } from '../base/error.ts';
import { replaceAddress } from './netlink/addresses.ts';
import { createVeth, deleteLink, listLinks, setLink } from './netlink/links.ts';
import { replaceNeighbours } from './netlink/neighbours.ts';
import { deleteRoutes, listRoutes, protocols, replaceRoutes, type Route } from './netlink/routes.ts';
import { openRouteSocket, type NetlinkSocket } from './netlink/socket.ts';
import { createNetns, deleteNetns, inNetns, listNetns } from './netns.ts';
import { openNftables } from './nftables.ts';
import { writeSysctl } from './sysctl.ts';

/** The fabric's kernel by netlink and libnftables. `library`: where libnftables lies unpacked (`openNftables`). */
export function createFabricKernel({ library }: { readonly library: string }): FabricKernel {
  return {
    createNamespace: createNetns,
    deleteNamespace: deleteNetns,
    listNamespaces: listNetns,
    open: (path) => openNamespace(path, inNetns(path, openRouteSocket), library),
  };
}

function openNamespace(path: string, socket: NetlinkSocket, library: string): NamespaceKernel {
  return {
    links: () => listLinks(socket),
    createVeth: ({ name, mac, peer }) =>
      createVeth(socket, { name, mac, peer: { name: peer.name, mac: peer.mac, netns: peer.namespace } }),
    setLinkUp: (name, isUp) => setLink(socket, name, { isUp }),
    deleteLink: (name) => deleteLink(socket, name),
    replaceAddress: (device, address) => replaceAddress(socket, device, address),
    replaceRoutes: (routes) => replaceRoutes(socket, routes.map(toRoute)),
    deleteRoutes: (routes) => deleteRoutes(socket, routes.map(toRoute)),
    routes: () => listRoutes(socket).filter(isOurs).map(fromRoute),
    replaceNeighbours: (neighbours) => replaceNeighbours(socket, neighbours),
    writeSysctl: (name, value) => writeSysctl(name, value, path),
    loadRules(text) {
      using nft = openNftables({ library, netns: path });
      nft.run(text);
    },
    listRules(object) {
      using nft = openNftables({ library, netns: path });
      try {
        return nft.list(`list ${object}`);
      } catch (error) {
        if (error instanceof SegwError && error.code === 'NftablesRejected') return '';
        throw error;
      }
    },
    close: () => socket.close(),
  };
}

/** The protocol `static` tells the fabric's routes from the kernel's and from those of a machine's own programs. */
function toRoute({ destination, device, via }: FabricRoute): Route {
  return {
    destination,
    protocol: protocols.static,
    ...(device === undefined ? { type: 'unreachable' as const } : { device }),
    ...(via === undefined ? {} : { via, onLink: true }),
  };
}

function isOurs({ protocol }: Route): boolean {
  return protocol === protocols.static;
}

function fromRoute({ destination, device, via, type }: Route): FabricRoute {
  return {
    destination,
    ...(device === undefined || type === 'unreachable' ? {} : { device }),
    ...(via === undefined ? {} : { via }),
  };
}
