import type { LinkLoss, NetworkState, Place, VirtualNetworkState } from '../fabric/network-state.ts';
import type { NetworkPlatform } from '../platform.ts';
import type { FaultSpec } from './fault.ts';
import type { FaultStore } from './fault-store.ts';
import { matchesGlob } from './glob.ts';

/** The network, with the partitions and losses that are in force at each application. */
export function withLinkLosses(platform: NetworkPlatform, store: FaultStore): NetworkPlatform {
  return {
    probe: async (target, signal) => platform.probe(target, signal),
    apply: async (state) =>
      platform.apply(
        lossyNetwork(
          state,
          store.list().map(({ spec }) => spec),
        ),
      ),
  };
}

/** Pure: globs become the machines that have a port now; what matches nothing yet means nothing yet. */
export function lossyNetwork(state: NetworkState, specs: readonly FaultSpec[]): NetworkState {
  return {
    virtualNetworks: state.virtualNetworks.map((network) => {
      const losses = specs.flatMap((spec) => lossesOf(spec, network));
      return losses.length === 0 ? network : { ...network, losses };
    }),
  };
}

/** Names of machines in the network that a place of a fault means; none for a place that is no machine. */
export function machinesAt(place: string, { virtualNetworks }: NetworkState): readonly string[] {
  return virtualNetworks.flatMap(({ ports }) => ports.map(({ machine }) => machine)).filter((name) => matchesGlob(place, name));
}

export function isFixedPlace(place: string): place is Exclude<Place, { machine: string }> {
  return place === 'internet' || place === 'onprem' || place === 'azure' || place === 'any';
}

function lossesOf(spec: FaultSpec, network: VirtualNetworkState): readonly LinkLoss[] {
  if (spec.kind !== 'partition' && spec.kind !== 'loss') return [];
  const percent = spec.kind === 'partition' ? 100 : spec.percent;
  return placesOf(spec.from, network).flatMap((from) => placesOf(spec.to, network).map((to) => ({ from, to, percent })));
}

function placesOf(place: string, { ports }: VirtualNetworkState): readonly Place[] {
  if (isFixedPlace(place)) return [place];
  return ports.flatMap(({ machine }) => (matchesGlob(place, machine) ? [{ machine }] : []));
}
