import { resourceGroupType } from '../arm/ids.ts';
import { createProviderTable, type ProviderTable } from '../arm/provider-table.ts';
import type { ResourceProvider } from '../arm/resource-provider.ts';
import { federatedCredentials } from './identity/federated-credentials.ts';
import { userAssignedIdentities } from './identity/user-assigned-identities.ts';
import { instanceInterfaceTypes } from './instance-interfaces.ts';
import { createInstancePower } from './instance-power.ts';
import { instances } from './instances.ts';
import { loadBalancerPartTypes } from './network/load-balancer-view.ts';
import { loadBalancers } from './network/load-balancers.ts';
import { networkInterfaces } from './network/network-interfaces.ts';
import { publicIpAddresses } from './public-ip-addresses.ts';
import { publicIpPrefixes } from './public-ip-prefixes.ts';
import { resourceGroups } from './resource-groups.ts';
import { scaleSets } from './scale-sets.ts';
import { subnets, virtualNetworks } from './virtual-networks.ts';
import type { KubernetesService, RegionWorld } from './world.ts';

/**
 * All resource types of the region: what is used stands above what uses it. Groups are emptied from the bottom up, and after a start
 * things come back from the top down.
 */
export function createProviders(world: RegionWorld, kubernetes: KubernetesService): ProviderTable {
  const power = createInstancePower(world, kubernetes);
  const providers: readonly ResourceProvider[] = [
    userAssignedIdentities(world),
    federatedCredentials,
    virtualNetworks(world),
    subnets(world),
    publicIpPrefixes(world),
    publicIpAddresses(world),
    loadBalancers(world),
    networkInterfaces,
    scaleSets(world, power),
    instances(world, power),
    ...kubernetes.providers,
  ];
  const deletionOrder = providers
    .map(({ type }) => type)
    .filter(isTopLevel)
    .toReversed();
  return createProviderTable(
    [resourceGroups(deletionOrder), ...providers],
    [...instanceInterfaceTypes, ...loadBalancerPartTypes, ...(kubernetes.derivedTypes ?? [])],
  );
}

/** Has a name of its own in its group, and goes with nobody else. */
function isTopLevel(type: string): boolean {
  return type !== resourceGroupType && type.split('/').length === 2;
}
