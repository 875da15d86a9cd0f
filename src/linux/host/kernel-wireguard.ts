import { createWireguardLink } from '../netlink/links.ts';
import { kernelWireguard } from '../wireguard/kernel.ts';
import type { Namespaces } from './namespaces.ts';
import type { WireguardKind } from './wireguard-kind.ts';

export function kernelKind(namespaces: Namespaces): WireguardKind {
  return {
    linkKind: 'wireguard',
    create: async ({ path }, name) => createWireguardLink(namespaces.host.route, { name, netns: path }),
    release: () => Promise.resolve(),
    open: (namespace, name) => kernelWireguard(namespace.generic, name),
  };
}
