import type { VirtualMachineScaleSetIPConfiguration, VirtualMachineScaleSetNetworkConfiguration } from '@azure/arm-compute';
import type { EgressIpConfiguration } from '../cloud-provider.ts';
import { configurationUidOf, egressName } from '../resource-names.ts';

type Interfaces = readonly VirtualMachineScaleSetNetworkConfiguration[];

/** The interface that carries the node's address: the one that says so, or the only one. */
export function primaryInterface(interfaces: Interfaces): VirtualMachineScaleSetNetworkConfiguration | undefined {
  return interfaces.find(({ primary }) => primary === true) ?? interfaces[0];
}

/** Our IP configurations on the primary interface of a scale set's model or of an instance. */
export function egressConfigurationsOf(interfaces: Interfaces): readonly EgressIpConfiguration[] {
  return (primaryInterface(interfaces)?.ipConfigurations ?? []).flatMap(({ name, publicIPAddressConfiguration }) => {
    const configurationUid = configurationUidOf(name);
    if (configurationUid === undefined) return [];
    const prefixId = publicIPAddressConfiguration?.publicIPPrefix?.id;
    return [{ configurationUid, ...(prefixId !== undefined && { prefixId }) }];
  });
}

/**
 * The interfaces with exactly `desired` of ours on the primary one; all else as it was. The list that is sent replaces the one that is
 * there (arm-facts section 3.7), so it has to be complete.
 */
export function withEgressConfigurations(
  interfaces: Interfaces,
  desired: readonly EgressIpConfiguration[],
): VirtualMachineScaleSetNetworkConfiguration[] {
  const target = primaryInterface(interfaces);
  return interfaces.map((one) => (one === target ? withOurs(one, desired) : one));
}

function withOurs(
  nic: VirtualMachineScaleSetNetworkConfiguration,
  desired: readonly EgressIpConfiguration[],
): VirtualMachineScaleSetNetworkConfiguration {
  const others = (nic.ipConfigurations ?? []).filter(({ name }) => configurationUidOf(name) === undefined);
  const primary = others.find((one) => one.primary === true) ?? others[0];
  return { ...nic, ipConfigurations: [...others, ...desired.map((one) => toIpConfiguration(one, primary))] };
}

/** In the subnet of the node's own address. */
function toIpConfiguration(
  { configurationUid, prefixId }: EgressIpConfiguration,
  primary: VirtualMachineScaleSetIPConfiguration | undefined,
): VirtualMachineScaleSetIPConfiguration {
  const name = egressName(configurationUid);
  return {
    name,
    primary: false,
    privateIPAddressVersion: 'IPv4',
    ...(primary?.subnet !== undefined && { subnet: primary.subnet }),
    ...(prefixId !== undefined && { publicIPAddressConfiguration: { name, publicIPPrefix: { id: prefixId } } }),
  };
}
