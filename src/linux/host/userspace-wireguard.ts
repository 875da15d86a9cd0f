import { messageOf } from '../../base/error.ts';
import { pollUntil } from '../../base/poll.ts';
import { findLink, moveLink } from '../netlink/links.ts';
import { userspaceWireguard } from '../wireguard/userspace.ts';
import type { Namespaces } from './namespaces.ts';
import type { WireguardKind } from './wireguard-kind.ts';

/** Who runs wireguard-go: another process, so that no restart of this one ends a tunnel. */
export interface TunnelHost {
  /** Has a process run for the device, from now on and whatever happens to it, and waits for it to answer. Twice is once. */
  ensure(device: string): Promise<void>;
  /** Nobody needs the device any more. Twice is once. */
  remove(device: string): Promise<void>;
}

const startTimeoutMs = 10_000;

/** A device is made in the host's namespace, where its UDP socket stays, and moved. */
export function userspaceKind(namespaces: Namespaces, tunnels: TunnelHost): WireguardKind {
  return {
    linkKind: 'tun',
    async create(namespace, name) {
      await tunnels.ensure(name);
      const { host } = namespaces;
      await pollUntil(`device ${name} of wireguard-go`, async (note) => (await isReady(namespaces, name, note)) || undefined, {
        timeoutMs: startTimeoutMs,
        intervalMs: 10,
      });
      if (namespace !== host) await moveLink(host.route, name, namespace.path);
    },
    release: (name) => tunnels.remove(name),
    open: (_namespace, name) => userspaceWireguard(name),
  };
}

/** The link first: an answer alone may come from an earlier process that is about to end. Before it answers, a move would end it. */
async function isReady({ host }: Namespaces, name: string, note: (state: string) => void): Promise<boolean> {
  if (!findLink(host.route, name)) {
    note('no link');
    return false;
  }
  try {
    await userspaceWireguard(name).read();
    return true;
  } catch (error) {
    note(messageOf(error));
    return false;
  }
}
