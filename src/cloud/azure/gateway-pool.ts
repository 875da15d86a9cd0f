import type { VirtualMachineScaleSet, VirtualMachineScaleSetVM } from '@azure/arm-compute';
import type { NetworkInterface, PublicIPAddress } from '@azure/arm-network';
import type { EgressAddress, GatewayInstance, GatewayPool } from '../cloud-provider.ts';
import { configurationUidOf } from '../resource-names.ts';
import { egressConfigurationsOf } from './ip-configurations.ts';

/** Tags that AKS puts on the scale sets of its pools. Keys are looked up as they are written here. */
export const poolNameTag = 'aks-managed-poolName';
const prefixSizeTag = 'aks-managed-gatewayIPPrefixSize';

/** Everything that the cloud says about a pool. */
export interface PoolReading {
  readonly scaleSet: VirtualMachineScaleSet;
  readonly instances: readonly VirtualMachineScaleSetVM[];
  /** The interfaces of all instances, and their public addresses. */
  readonly interfaces: readonly NetworkInterface[];
  readonly publicAddresses: readonly PublicIPAddress[];
}

interface PoolFacts {
  readonly subscriptionId: string;
  /** What the configuration says, where the scale set has no tag. */
  readonly prefixLength?: number | undefined;
}

export function isPoolNamed({ tags }: VirtualMachineScaleSet, nodepoolName: string): boolean {
  return tags?.[poolNameTag]?.toLowerCase() === nodepoolName.toLowerCase();
}

/** Pure. Instances that are being deleted are left out. */
export function toGatewayPool(reading: PoolReading, { subscriptionId, prefixLength }: PoolFacts): GatewayPool {
  const { scaleSet, instances } = reading;
  return {
    id: scaleSet.id ?? '',
    location: scaleSet.location,
    subscriptionId,
    prefixLength: prefixLength ?? prefixSizeOf(scaleSet),
    capacity: scaleSet.sku?.capacity ?? 0,
    model: egressConfigurationsOf(scaleSet.virtualMachineProfile?.networkProfile?.networkInterfaceConfigurations ?? []),
    instances: instances
      .filter(({ provisioningState }) => provisioningState?.toLowerCase() !== 'deleting')
      .map((instance) => toInstance(instance, reading)),
  };
}

function prefixSizeOf({ tags }: VirtualMachineScaleSet): number | undefined {
  const size = Number(tags?.[prefixSizeTag]);
  return size >= 28 && size <= 31 ? size : undefined;
}

function toInstance(instance: VirtualMachineScaleSetVM, { interfaces, publicAddresses }: PoolReading): GatewayInstance {
  const id = instance.id ?? '';
  const mine = interfaces.filter(({ virtualMachine }) => isSameId(virtualMachine?.id, id));
  const nic = mine.find(({ primary }) => primary === true) ?? mine[0];
  const assigned = nic?.ipConfigurations ?? [];
  const configured = egressConfigurationsOf(instance.networkProfileConfiguration?.networkInterfaceConfigurations ?? []);
  const primary = assigned.find((one) => one.primary === true) ?? assigned[0];
  return {
    id,
    nodeName: (instance.osProfile?.computerName ?? '').toLowerCase(),
    primaryAddress: primary?.privateIPAddress,
    addressCount: assigned.length,
    egress: configured.map((one): EgressAddress => {
      const found = assigned.find(({ name }) => configurationUidOf(name ?? '') === one.configurationUid);
      const publicAddress = publicAddresses.find((address) => isSameId(address.id, found?.publicIPAddress?.id));
      return { ...one, privateAddress: found?.privateIPAddress, publicAddress: publicAddress?.ipAddress };
    }),
  };
}

function isSameId(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a.toLowerCase() === b?.toLowerCase();
}
