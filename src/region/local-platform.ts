import { join } from 'node:path';
import type { ClusterPlatform } from '../cluster/cluster-platform.ts';
import { readFolder } from '../base/files.ts';
import type { Fabric } from './fabric/fabric.ts';
import { internetContent, onPremisesContent, routerContent } from './fabric/fabric-machines.ts';
import { internetNamespace, onPremisesNamespace, routerNamespace } from './fabric/fabric-settings.ts';
import { askMember, type ConnectToMember } from './load-balancer-probes/ask-member.ts';
import type { Machines } from './machines/machines.ts';
import type { Platform } from './platform.ts';
import type { RouterServers } from './router-servers.ts';

interface LocalPlatformOptions {
  readonly stateDir: string;
  readonly fabric: Fabric;
  readonly machines: Machines;
  readonly clusters: ClusterPlatform;
  readonly routerServers: Pick<RouterServers, 'ensure' | 'retain'>;
  readonly connectToMember: ConnectToMember;
}

/** The real world of a local region: fabric and machines on this host, and what answers in the fabric itself (internet, routers). */
export function createLocalPlatform(options: LocalPlatformOptions): Platform {
  const { stateDir, fabric, machines, clusters, routerServers, connectToMember } = options;
  return {
    machines,
    clusters,
    network: {
      probe: async (target, signal) => askMember(connectToMember, target, signal),
      async apply(state) {
        // Before the fabric takes a router's namespace away, what answers in it has to go.
        const keys = state.virtualNetworks.map(({ key }) => key);
        await routerServers.retain(keys);
        for (const router of await goneRouters(stateDir, keys.map(routerNamespace))) await machines.wipe(router);
        await fabric.apply(state);
        for (const key of keys) await routerServers.ensure(key);
        await Promise.all([
          machines.startIn(internetNamespace, { name: internetNamespace, content: internetContent }),
          machines.startIn(onPremisesNamespace, { name: onPremisesNamespace, content: onPremisesContent }),
          ...keys.map(async (key) => startRouter(machines, routerNamespace(key))),
        ]);
      },
    },
  };
}

/** The machine in a router's namespace: Azure's resolver. */
async function startRouter(machines: Machines, name: string): Promise<void> {
  await machines.startIn(name, { name, content: () => Promise.resolve(routerContent()) });
}

/** Machines of routers that are still there. */
async function goneRouters(stateDir: string, wanted: readonly string[]): Promise<readonly string[]> {
  const present = await readFolder(join(stateDir, 'machines'));
  return present.filter((name) => name.startsWith(routerNamespace('')) && !wanted.includes(name));
}
