import { idKey } from '../../arm/ids.ts';
import type { ResourceView } from '../../arm/resource.ts';
import { instancesOf } from '../scale-set-model.ts';
import { networkInterfacesOf } from './network-interface-model.ts';

/** An IP configuration that names a backend pool. */
export interface BackendMember {
  readonly ipConfigurationId: string;
  readonly subnetId: string;
  readonly privateAddress: string;
  /** The machine behind it; none behind an interface that is attached to nothing. */
  readonly instanceId: string | undefined;
}

/** The members of every backend pool, by `idKey` of the pool's id. One walk over all interfaces. */
export function backendMembers(view: ResourceView): ReadonlyMap<string, readonly BackendMember[]> {
  const members = new Map<string, BackendMember[]>();
  const add = (pools: readonly { readonly id: string }[], member: BackendMember): void => {
    for (const { id } of pools) members.set(idKey(id), [...(members.get(idKey(id)) ?? []), member]);
  };
  for (const { id, body, state } of instancesOf(view))
    for (const nic of state.interfaces) {
      const configurations = body.properties.networkProfileConfiguration.networkInterfaceConfigurations.find(
        ({ name }) => name === nic.name,
      )?.properties.ipConfigurations;
      for (const { name, subnetId, privateAddress } of nic.ipConfigurations) {
        const pools = configurations?.find((one) => one.name === name)?.properties.loadBalancerBackendAddressPools ?? [];
        const ipConfigurationId = `${id}/networkInterfaces/${nic.name}/ipConfigurations/${name}`;
        add(pools, { ipConfigurationId, subnetId, privateAddress, instanceId: id });
      }
    }
  for (const { id, body, state } of networkInterfacesOf(view))
    for (const { name, properties } of body.properties.ipConfigurations)
      add(properties.loadBalancerBackendAddressPools, {
        ipConfigurationId: `${id}/ipConfigurations/${name}`,
        subnetId: properties.subnet.id,
        privateAddress: state.privateAddresses[name] ?? '',
        instanceId: undefined,
      });
  return members;
}
