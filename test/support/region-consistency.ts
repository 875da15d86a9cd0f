import { isDeepStrictEqual } from 'node:util';
import { desiredNetwork } from '../../src/region/desired-network.ts';
import { clusterNetworksOf } from '../../src/region/providers/cluster-network.ts';
import { instancesOf, scaleSetIdOf, scaleSetsOf, type StoredInstance } from '../../src/region/providers/scale-set-model.ts';
import type { Region } from '../../src/region/region.ts';
import type { MemoryPlatform } from './memory-platform.ts';

/** What is half-done in a region at rest: between its resources, and between them and the world. Empty: nothing. */
export function inconsistencies({ manager: { store } }: Region, platform: MemoryPlatform): readonly string[] {
  const instances = instancesOf(store);
  const clusters = clusterNetworksOf(store);
  const wanted = [
    ...instances.filter(hasMachine).map(({ state }) => state.computerName),
    ...clusters.flatMap(({ state }) => state.controlPlane?.machine ?? []),
  ].toSorted();
  const addresses = instances.flatMap(addressesOf);
  return [
    ...store.all().flatMap((one) => (one.provisioningState.endsWith('ing') ? [`${one.id} is ${one.provisioningState}`] : [])),
    ...scaleSetsOf(store).flatMap(({ id, name, body, state }) => {
      const count = instancesOf(store, id).length;
      const isRight = count === body.sku.capacity && state.pendingInstanceIds.length === 0;
      return isRight
        ? []
        : [`${name} has ${String(count)} of ${String(body.sku.capacity)}, ${state.pendingInstanceIds.join()} pending`];
    }),
    ...instances.flatMap(({ id }) => (store.get(scaleSetIdOf(id)) === undefined ? [`${id} has no set`] : [])),
    ...instances.filter(hasMachine).flatMap(({ state }) => wrongPower(state, platform)),
    ...difference('machines', platform.machineNames(), wanted),
    ...(clusters.length === 0 ? [] : difference('nodes', [...platform.nodes().keys()].toSorted(), joinedNodes(instances))),
    ...(new Set(addresses).size < addresses.length ? [`an address is given twice: ${addresses.join()}`] : []),
    ...(isDeepStrictEqual(portsOf(desiredNetwork(store)), portsOf(platform.networkState()))
      ? []
      : ['the fabric is not what the store wants']),
  ];
}

function hasMachine({ state }: StoredInstance): boolean {
  return state.interfaces.length > 0;
}

/** Nodes of a cluster that was deleted went with its API server. */
function joinedNodes(instances: readonly StoredInstance[]): readonly string[] {
  return instances.flatMap(({ state }) => (state.pool !== undefined && state.hasJoined ? [state.computerName] : [])).toSorted();
}

function wrongPower({ computerName, power }: StoredInstance['state'], platform: MemoryPlatform): readonly string[] {
  const is = platform.machine(computerName)?.power ?? 'absent';
  return is === (power === 'running' ? 'running' : 'stopped') ? [] : [`${computerName} is ${is}, should be ${power}`];
}

function addressesOf({ state }: StoredInstance): readonly string[] {
  return state.interfaces.flatMap(({ ipConfigurations }) =>
    ipConfigurations.flatMap(({ privateAddress, publicAddress }) => [
      privateAddress,
      ...(publicAddress === undefined ? [] : [publicAddress.address]),
    ]),
  );
}

function difference(what: string, are: readonly string[], should: readonly string[]): readonly string[] {
  return isDeepStrictEqual(are, should) ? [] : [`${what} are ${are.join()}, should be ${should.join()}`];
}

function portsOf({ virtualNetworks }: ReturnType<MemoryPlatform['networkState']>): unknown {
  return virtualNetworks.map(({ ports, publicAddresses, outbound, routes }) => ({ ports, publicAddresses, outbound, routes }));
}
