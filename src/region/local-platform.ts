import { join } from 'node:path';
import type { ClusterPlatform } from '../cluster/cluster-platform.ts';
import { readFolder } from '../base/files.ts';
import type { Fabric } from './fabric/fabric.ts';
import { internetContent, onPremisesContent, routerContent } from './fabric/fabric-machines.ts';
import { internetNamespace, onPremisesNamespace, routerNamespace } from './fabric/fabric-settings.ts';
import type { Machines } from './machines/machines.ts';
import type { NetworkState } from './fabric/network-state.ts';
import type { Platform } from './platform.ts';
import type { ListeningServer } from './tls-server.ts';

interface LocalPlatformOptions {
  readonly stateDir: string;
  readonly fabric: Fabric;
  readonly machines: Machines;
  readonly clusters: ClusterPlatform;
  /** Opens the ARM plane inside a router's namespace. */
  readonly serveRouter: (namespacePath: string) => Promise<ListeningServer | undefined>;
}

/** The real world of a local region: fabric and machines on this host, and what answers in the fabric itself (internet, resolvers). */
export function createLocalPlatform({ stateDir, fabric, machines, clusters, serveRouter }: LocalPlatformOptions): Platform {
  const servers = new Map<string, ListeningServer>();

  async function ensureServer(router: string): Promise<void> {
    if (servers.has(router)) return;
    const server = await serveRouter(fabric.namespacePath(router));
    if (server) servers.set(router, server);
  }

  async function removeRouter(router: string): Promise<void> {
    await servers.get(router)?.stop();
    servers.delete(router);
    await machines.wipe(router);
  }

  return {
    machines,
    clusters,
    network: {
      async apply(state) {
        // Before the fabric takes a router's namespace away, its resolver has to go.
        for (const router of await goneRouters(stateDir, state)) await removeRouter(router);
        await fabric.apply(state);
        for (const router of routersOf(state)) await ensureServer(router);
        await Promise.all([
          machines.startIn(internetNamespace, { name: internetNamespace, content: internetContent }),
          machines.startIn(onPremisesNamespace, { name: onPremisesNamespace, content: onPremisesContent }),
          ...routersOf(state).map((name) => machines.startIn(name, { name, content: () => Promise.resolve(routerContent()) })),
        ]);
      },
    },
  };
}

function routersOf({ virtualNetworks }: NetworkState): readonly string[] {
  return virtualNetworks.map(({ key }) => routerNamespace(key));
}

async function goneRouters(stateDir: string, state: NetworkState): Promise<readonly string[]> {
  const wanted = new Set(routersOf(state));
  const present = await readFolder(join(stateDir, 'machines'));
  return present.filter((name) => name.startsWith(routerNamespace('')) && !wanted.has(name));
}
