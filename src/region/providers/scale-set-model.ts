import type { JsonObject, ResourceBody, ResourceView, StoredResource } from '../arm/resource.ts';
import { ancestorId } from '../arm/ids.ts';
import type { InterfaceConfiguration } from './network-configuration.ts';
import type { AssignedPrincipals, ResourceIdentity } from './resource-identity.ts';

export const scaleSetType = 'Microsoft.Compute/virtualMachineScaleSets';
export const instanceType = 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines';

/** Instances of one set (Azure's limit). */
export const maxCapacity = 1000;

/** The extension that makes an instance a node: it names the cluster and the pool. */
export interface ExtensionModel {
  readonly name: string;
  readonly properties: {
    readonly publisher: string;
    readonly type: string;
    readonly settings: { readonly clusterId: string; readonly agentPool: string };
  };
}

export interface ScaleSetBody extends ResourceBody {
  readonly identity?: ResourceIdentity | undefined;
  /** Stored and shown. */
  readonly zones?: readonly string[] | undefined;
  readonly sku: { readonly name: string; readonly tier: string; readonly capacity: number };
  readonly properties: {
    readonly upgradePolicy: { readonly mode: 'Manual' };
    readonly singlePlacementGroup: boolean;
    readonly platformFaultDomainCount?: number | undefined;
    readonly virtualMachineProfile: {
      readonly osProfile: { readonly computerNamePrefix: string; readonly adminUsername?: string | undefined };
      /** Stored and shown: every machine has the region's own Debian disk. */
      readonly storageProfile?: JsonObject | undefined;
      readonly networkProfile: { readonly networkInterfaceConfigurations: readonly InterfaceConfiguration[] };
      readonly extensionProfile: { readonly extensions: readonly ExtensionModel[] };
    };
  };
}

export interface ScaleSetState {
  readonly uniqueId: string;
  readonly nextInstanceId: number;
  /** Instances that the set is about to create; only these may be created. */
  readonly pendingInstanceIds: readonly string[];
  readonly principals?: AssignedPrincipals;
}

export type StoredScaleSet = StoredResource<ScaleSetBody, ScaleSetState>;

export interface InstanceBody extends ResourceBody {
  readonly sku: { readonly name: string; readonly tier: string };
  readonly properties: {
    readonly networkProfileConfiguration: { readonly networkInterfaceConfigurations: readonly InterfaceConfiguration[] };
  };
}

export interface InstanceState {
  readonly vmId: string;
  /** Machine name, hostname, and the node's name. */
  readonly computerName: string;
  readonly power: 'running' | 'stopped' | 'deallocated';
  readonly interfaces: readonly InterfaceState[];
  /** Of an instance of an agent pool. */
  readonly pool?: { readonly clusterId: string; readonly agentPool: string };
  /** Of an instance of an agent pool: its pods' network. */
  readonly podCidr?: string;
  /** Whether the node was Ready once since its disk is new. */
  readonly hasJoined: boolean;
}

export interface InterfaceState {
  readonly name: string;
  /** Lower case, colons. */
  readonly mac: string;
  /** The primary one first. */
  readonly ipConfigurations: readonly IpConfigurationState[];
}

export interface IpConfigurationState {
  readonly name: string;
  readonly subnetId: string;
  readonly privateAddress: string;
  /** `prefixId`: as the prefix spells its id. */
  readonly publicAddress?: { readonly name: string; readonly address: string; readonly prefixId?: string };
}

export type StoredInstance = StoredResource<InstanceBody, InstanceState>;

export function instancesOf(view: ResourceView, scaleSetId?: string): readonly StoredInstance[] {
  return view.list(instanceType, scaleSetId).filter(isInstance);
}

function isInstance(resource: StoredResource): resource is StoredInstance {
  return resource.type === instanceType;
}

export function scaleSetsOf(view: ResourceView): readonly StoredScaleSet[] {
  return view.list(scaleSetType).filter(isScaleSet);
}

export function isScaleSet(resource: StoredResource): resource is StoredScaleSet {
  return resource.type === scaleSetType;
}

export function findScaleSet(view: ResourceView, id: string): StoredScaleSet | undefined {
  const found = view.get(id);
  return found !== undefined && isScaleSet(found) ? found : undefined;
}

export function findInstance(view: ResourceView, id: string): StoredInstance | undefined {
  const found = view.get(id);
  return found !== undefined && isInstance(found) ? found : undefined;
}

export function scaleSetIdOf(instanceId: string): string {
  return ancestorId(instanceId);
}

/** `aks-pool-12345678-vmss` and instance 10 give `aks-pool-12345678-vmss00000a`: base 36, six places. */
export function computerNameOf(prefix: string, instanceId: string): string {
  return `${prefix}${Number(instanceId).toString(36).padStart(6, '0')}`;
}

/** The pool that the model's bootstrap extension names. */
export function poolOf({ body }: StoredScaleSet): InstanceState['pool'] {
  return body.properties.virtualMachineProfile.extensionProfile.extensions[0]?.properties.settings;
}
