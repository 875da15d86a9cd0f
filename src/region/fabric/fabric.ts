import { join } from 'node:path';
import type { Logger } from '../../base/log.ts';
import type { NetworkPlatform } from '../platform.ts';
import { applyFabric, type WrittenRules } from './apply-fabric.ts';
import { desiredFabric } from './desired-fabric.ts';
import { machineNamespace, portDevice, routerNamespace } from './fabric-settings.ts';
import type { FabricKernel } from './kernel.ts';
import type { NetworkState, PortState, VirtualNetworkState } from './network-state.ts';

export interface Fabric extends Pick<NetworkPlatform, 'apply'> {
  /** The path of the namespace file; of a machine, the internet, a router. */
  namespacePath(name: string): string;
  /** Connects a machine's port (again). It must be in the applied network state. */
  plug(machine: string): Promise<void>;
  /** Takes the link down at once (no FIN, no RST leaves), then `whileUnplugged` runs, then port and namespace go, with all kernel state. */
  unplug(machine: string, whileUnplugged: () => Promise<void>): Promise<void>;
}

interface FabricOptions {
  readonly kernel: FabricKernel;
  /** Where namespaces are kept as files. */
  readonly folder: string;
  readonly log: Logger;
}

const empty: NetworkState = { virtualNetworks: [] };

/** The region's network. One change at a time; a caller that comes while one runs gets the next one. */
export function createFabric({ kernel, folder, log }: FabricOptions): Fabric {
  const written: WrittenRules = new Map();
  const unplugged = new Set<string>();
  let state = empty;
  let last: Promise<void> = Promise.resolve();

  function converge(): Promise<void> {
    last = last
      .catch(() => undefined) // whoever asked for it has been told
      .then(() => applyFabric(desiredFabric(withoutPorts(state, unplugged)), { kernel, folder, written }));
    return last;
  }

  return {
    apply(next) {
      state = next;
      return converge();
    },
    namespacePath: (name) => join(folder, name),
    plug(machine) {
      unplugged.delete(machine);
      return converge();
    },
    async unplug(machine, whileUnplugged) {
      unplugged.add(machine);
      await last.catch(() => undefined);
      const place = findPort(state, machine);
      if (place) takeDown(kernel, join(folder, routerNamespace(place.network.key)), portDevice(place.port.addresses[0] ?? ''));
      log.debug({ machine, namespace: machineNamespace(machine) }, 'port down');
      await whileUnplugged();
      await converge();
    },
  };
}

function takeDown(kernel: FabricKernel, router: string, device: string): void {
  const namespace = kernel.open(router);
  try {
    if (namespace.links().some(({ name }) => name === device)) namespace.setLinkUp(device, false);
  } finally {
    namespace.close();
  }
}

function withoutPorts({ virtualNetworks }: NetworkState, unplugged: ReadonlySet<string>): NetworkState {
  return {
    virtualNetworks: virtualNetworks.map((network) => ({
      ...network,
      ports: network.ports.filter(({ machine }) => !unplugged.has(machine)),
    })),
  };
}

function findPort(state: NetworkState, machine: string): { network: VirtualNetworkState; port: PortState } | undefined {
  for (const network of state.virtualNetworks) {
    const port = network.ports.find((candidate) => candidate.machine === machine);
    if (port) return { network, port };
  }
  return undefined;
}
