import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterPlatform } from '../cluster/cluster-platform.ts';
import { hasErrno } from '../base/error.ts';
import type { Fabric } from './fabric/fabric.ts';
import { internetContent, onPremisesContent, routerContent } from './fabric/fabric-machines.ts';
import { internetNamespace, onPremisesNamespace, routerNamespace } from './fabric/fabric-settings.ts';
import type { Machines } from './machines/machines.ts';
import type { NetworkState } from './fabric/network-state.ts';
import type { Platform } from './platform.ts';

interface LocalPlatformOptions {
  readonly stateDir: string;
  readonly fabric: Fabric;
  readonly machines: Machines;
  readonly clusters: ClusterPlatform;
}

/** The real world of a local region: fabric and machines on this host, and what answers in the fabric itself (internet, resolvers). */
export function createLocalPlatform({ stateDir, fabric, machines, clusters }: LocalPlatformOptions): Platform {
  return {
    machines,
    clusters,
    network: {
      async apply(state) {
        // Before the fabric takes a router's namespace away, its resolver has to go.
        for (const router of await goneRouters(stateDir, state)) await machines.wipe(router);
        await fabric.apply(state);
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
  try {
    const present = await readdir(join(stateDir, 'machines'));
    return present.filter((name) => name.startsWith(routerNamespace('')) && !wanted.has(name));
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
