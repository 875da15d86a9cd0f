import { type Cidr, cidrContains, parseCidr } from '../../../base/addresses.ts';
import { sameId } from '../../arm/ids.ts';
import type { ResourceView } from '../../arm/resource.ts';
import { subnetPrefix } from '../private-addresses.ts';
import { requireReference } from '../references.ts';
import { findVirtualNetwork, isSubnet, subnetsOf, virtualNetworkIdOf } from '../virtual-network-model.ts';
import type { ClusterSurroundings } from './cluster-network-rules.ts';
import { managedNetwork } from './cluster-plan.ts';
import { listClusters } from './cluster-records.ts';

/** The network in the address space of the subnet's virtual network that holds it. */
export function networkPrefix(view: ResourceView, subnetId: string): Cidr {
  const subnet = subnetPrefix(view, subnetId);
  const network = findVirtualNetwork(view, virtualNetworkIdOf(subnetId));
  return network?.body.properties.addressSpace.addressPrefixes.find((space) => cidrContains(space, subnet.address)) ?? subnet;
}

const target = 'agentPoolProfile.vnetSubnetID';

/** The virtual network in which the cluster `id` will be. `subnetId`: of its nodes; undefined: the service makes one for it alone. */
export function surroundingsOf(view: ResourceView, id: string, subnetId: string | undefined): ClusterSurroundings {
  if (subnetId === undefined)
    return {
      addressSpace: [parseCidr(managedNetwork.addressPrefix, 'virtual network')],
      subnets: [parseCidr(managedNetwork.subnetPrefix, 'node subnet')],
      neighbours: [],
    };
  const networkId = virtualNetworkIdOf(requireReference(view, { id: subnetId, is: isSubnet, from: id, target }).id);
  return {
    addressSpace: findVirtualNetwork(view, networkId)?.body.properties.addressSpace.addressPrefixes ?? [],
    subnets: subnetsOf(view, networkId).map(({ body }) => body.properties.addressPrefix),
    neighbours: listClusters(view)
      .filter((other) => !sameId(other.id, id) && sameId(virtualNetworkIdOf(other.state.nodeSubnetId), networkId))
      .flatMap(({ name, body }) => {
        const { podCidr } = body.properties.networkProfile;
        return podCidr === undefined ? [] : [{ name, podCidr }];
      }),
  };
}
