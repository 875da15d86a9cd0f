import { buildDebianRoot, debianRootKey, type DebianRoot } from './debian-root.ts';
import { ensureEntry } from './cache-entry.ts';
import type { SupplyContext } from './supply-context.ts';

export const rootNames = ['machine', 'build'] as const;

export type RootName = (typeof rootNames)[number];

/** The roots that are used on the host: `machine` lies below the disk of every machine, `build` holds a C compiler. */
const roots: Readonly<Record<RootName, DebianRoot>> = {
  machine: {
    // Its programs need accounts and the alternatives of iptables, so the maintainer scripts must run.
    variant: 'minbase',
    packages: words(`
      bash dash coreutils util-linux mount procps kmod catatonit ca-certificates
      containerd runc containernetworking-plugins
      etcd-server etcd-client
      nftables iproute2 iptables conntrack ethtool socat iputils-ping curl tcpdump libatomic1 libstdc++6
    `),
  },
  build: {
    variant: 'extract',
    packages: words('bash dash coreutils gcc libc6-dev linux-libc-dev make'),
  },
};

/** The absolute path of a root in the cache. Nobody writes into it: it is the lower layer of an overlay. */
export async function ensureRoot(context: SupplyContext, name: RootName): Promise<string> {
  const root = roots[name];
  return ensureEntry(context, {
    path: `roots/${name}-${context.architecture}-${debianRootKey(context, root)}`,
    title: `build the Debian root "${name}"`,
    make: (folder, step) => buildDebianRoot(context, root, folder, step),
  });
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
