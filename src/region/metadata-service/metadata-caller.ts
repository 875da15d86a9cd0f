import { cidrContains, parseCidr } from '../../base/addresses.ts';
import type { ResourceView } from '../arm/resource.ts';
import {
  findScaleSet,
  instancesOf,
  scaleSetIdOf,
  type StoredInstance,
  type StoredScaleSet,
} from '../providers/scale-set-model.ts';
import { findVirtualNetwork, virtualNetworkIdOf } from '../providers/virtual-network-model.ts';

/** Where a request comes from: the virtual network, as its router is called, and the source address in it. */
export interface MetadataSource {
  readonly networkKey: string;
  readonly address: string;
}

/** The machine that asks. */
export interface MetadataCaller {
  readonly instance: StoredInstance;
  readonly scaleSet: StoredScaleSet;
}

/** The instance that has the source address on an interface, or whose pods have it; undefined for anybody else in the network. */
export function findCaller(view: ResourceView, source: MetadataSource): MetadataCaller | undefined {
  const inNetwork = instancesOf(view).filter((instance) => networkKeyOf(instance, view) === source.networkKey);
  const instance =
    inNetwork.find((one) => addressesOf(one).includes(source.address)) ?? inNetwork.find((one) => hasPod(one, source.address));
  const scaleSet = instance && findScaleSet(view, scaleSetIdOf(instance.id));
  return instance === undefined || scaleSet === undefined ? undefined : { instance, scaleSet };
}

function addressesOf({ state }: StoredInstance): readonly string[] {
  return state.interfaces.flatMap(({ ipConfigurations }) => ipConfigurations.map(({ privateAddress }) => privateAddress));
}

function networkKeyOf({ state }: StoredInstance, view: ResourceView): string | undefined {
  const subnetId = state.interfaces[0]?.ipConfigurations[0]?.subnetId;
  return subnetId === undefined ? undefined : findVirtualNetwork(view, virtualNetworkIdOf(subnetId))?.state.key;
}

function hasPod({ state }: StoredInstance, address: string): boolean {
  return state.podCidr !== undefined && cidrContains(parseCidr(state.podCidr, 'podCidr'), address);
}
