import type { ResourceView } from '../../arm/resource.ts';
import { clusterNetworksOf } from '../cluster-network.ts';
import { instancesOf } from '../scale-set-model.ts';
import { loadBalancersOf, partId } from './load-balancer-model.ts';
import { networkInterfacesOf } from './network-interface-model.ts';

/** An address out of a subnet, and what has it. */
export interface PrivateAddressUse {
  /** An IP configuration, a frontend, or the managed cluster whose API server has it. */
  readonly id: string;
  readonly subnetId: string;
  readonly address: string;
}

export function privateAddressUses(view: ResourceView): readonly PrivateAddressUse[] {
  return [...ofInstances(view), ...ofInterfaces(view), ...ofFrontends(view), ...ofControlPlanes(view)];
}

function ofInstances(view: ResourceView): readonly PrivateAddressUse[] {
  return instancesOf(view).flatMap(({ id, state }) =>
    state.interfaces.flatMap((nic) =>
      nic.ipConfigurations.map(({ name, subnetId, privateAddress }) => ({
        id: `${id}/networkInterfaces/${nic.name}/ipConfigurations/${name}`,
        subnetId,
        address: privateAddress,
      })),
    ),
  );
}

function ofInterfaces(view: ResourceView): readonly PrivateAddressUse[] {
  return networkInterfacesOf(view).flatMap(({ id, body, state }) =>
    body.properties.ipConfigurations.map(({ name, properties }) => ({
      id: `${id}/ipConfigurations/${name}`,
      subnetId: properties.subnet.id,
      address: state.privateAddresses[name] ?? '',
    })),
  );
}

function ofFrontends(view: ResourceView): readonly PrivateAddressUse[] {
  return loadBalancersOf(view).flatMap(({ id, body, state }) =>
    body.properties.frontendIPConfigurations.flatMap(({ name, properties }) =>
      properties.subnet === undefined
        ? []
        : [
            {
              id: partId(id, 'frontendIPConfigurations', name),
              subnetId: properties.subnet.id,
              address: state.privateAddresses[name] ?? '',
            },
          ],
    ),
  );
}

function ofControlPlanes(view: ResourceView): readonly PrivateAddressUse[] {
  return clusterNetworksOf(view).flatMap(({ id, state: { controlPlane } }) =>
    controlPlane === undefined ? [] : [{ id, subnetId: controlPlane.subnetId, address: controlPlane.address }],
  );
}
