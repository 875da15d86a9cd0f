import { type Cidr, cidrsOverlap, parseCidr } from '../../base/addresses.ts';
import { sameId } from '../arm/ids.ts';
import type { ResourceView } from '../arm/resource.ts';
import { instancesOf } from './scale-set-model.ts';
import { findSubnet, virtualNetworkIdOf } from './virtual-network-model.ts';

/** The part of a subnet that a node has for its pods. */
export interface PodBlock {
  /** Of the instance. */
  readonly id: string;
  readonly block: Cidr;
}

/** Where pods have addresses of a subnet: the blocks that nodes hold of this one. A node that has no address yet may be in any network. */
export function podBlocksIn(view: ResourceView, subnetId: string): readonly PodBlock[] {
  const subnet = findSubnet(view, subnetId)?.body.properties.addressPrefix;
  if (subnet === undefined) return [];
  const networkId = virtualNetworkIdOf(subnetId);
  return instancesOf(view).flatMap(({ id, state: { podCidr, interfaces } }) => {
    const own = interfaces[0]?.ipConfigurations[0]?.subnetId;
    if (podCidr === undefined || (own !== undefined && !sameId(virtualNetworkIdOf(own), networkId))) return [];
    const block = parseCidr(podCidr, 'podCidr');
    return cidrsOverlap(subnet, block) ? [{ id, block }] : [];
  });
}
