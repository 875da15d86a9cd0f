import { ArmError } from '../../arm/errors.ts';
import type { ResourceView } from '../../arm/resource.ts';
import { idKey } from '../../arm/ids.ts';
import { virtualNetworkIdOf } from '../virtual-network-model.ts';
import { backendMembers } from './backend-members.ts';
import { loadBalancerOfPool } from './load-balancer-model.ts';

interface PoolReference {
  readonly id: string;
  /** Of the member to be: all members of a pool are in one virtual network. */
  readonly subnetId: string;
  readonly from: string;
  readonly target: string;
}

/** Throws 400 unless there is such a backend pool, and its members are in the same virtual network. */
export function requireBackendPool(view: ResourceView, { id, subnetId, from, target }: PoolReference): void {
  const loadBalancer = loadBalancerOfPool(view, id);
  if (loadBalancer === undefined || loadBalancer.provisioningState === 'Deleting')
    throw new ArmError(
      400,
      'InvalidResourceReference',
      `Resource ${id} referenced by resource ${from} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
      { target },
    );
  const networkKey = (subnet: string): string => idKey(virtualNetworkIdOf(subnet));
  const members = backendMembers(view).get(idKey(id)) ?? [];
  const stranger = members.find((member) => networkKey(member.subnetId) !== networkKey(subnetId));
  if (stranger === undefined) return;
  throw new ArmError(
    400,
    'BackendAddressPoolInOtherVirtualNetwork',
    `Resource ${from} cannot be in the backend address pool ${id}: its member ${stranger.ipConfigurationId} is in another virtual network.`,
    { target },
  );
}
