import { z } from 'zod';
import type { ResourceBody, ResourceView, StoredResource } from '../arm/resource.ts';
import { locationSchema, mergedTagsSchema } from '../arm/tracked-resource.ts';
import { ancestorId } from '../arm/ids.ts';
import { type InterfaceConfiguration, interfacesSchema } from './network-configuration.ts';

export const scaleSetType = 'Microsoft.Compute/virtualMachineScaleSets';
export const instanceType = 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines';

/** An extension of the model; `settings` are the extension's own. */
export interface ExtensionModel {
  readonly name: string;
  readonly properties: {
    readonly publisher: string;
    readonly type: string;
    readonly settings: Readonly<Record<string, unknown>>;
  };
}

export interface ScaleSetBody extends ResourceBody {
  readonly sku: { readonly name: string; readonly tier: string; readonly capacity: number };
  readonly properties: {
    readonly upgradePolicy: { readonly mode: 'Manual' };
    readonly virtualMachineProfile: {
      readonly osProfile: { readonly computerNamePrefix: string };
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

const sku = z.object({
  name: z.string().min(1).max(60).optional(),
  tier: z.string().max(20).optional(),
  capacity: z.int().min(0).max(1000).optional(),
});

const extension = z.object({
  name: z.string().min(1).max(80),
  properties: z.object({
    publisher: z.string().max(200),
    type: z.string().max(200),
    settings: z
      .record(z.string(), z.unknown())
      .nullish()
      .transform((settings) => settings ?? {}),
  }),
});

/** A PUT or PATCH of a scale set: whatever is absent stays as it is. */
export const scaleSetSchema = z.object({
  location: locationSchema.optional(),
  tags: mergedTagsSchema,
  sku: sku.optional(),
  properties: z
    .object({
      upgradePolicy: z.object({ mode: z.literal('Manual', 'only Manual is supported').default('Manual') }).optional(),
      orchestrationMode: z.literal('Uniform', 'only Uniform is supported').optional(),
      virtualMachineProfile: z
        .object({
          osProfile: z
            .object({
              computerNamePrefix: z
                .string()
                .regex(/^[a-z0-9][a-z0-9-]{0,33}$/, 'lower-case letters, digits and hyphens are allowed, at most 34')
                .optional(),
            })
            .optional(),
          networkProfile: z.object({ networkInterfaceConfigurations: interfacesSchema.optional() }).optional(),
          extensionProfile: z.object({ extensions: z.array(extension).max(32).optional() }).optional(),
        })
        .optional(),
    })
    .optional(),
});

export type ScaleSetRequest = z.infer<typeof scaleSetSchema>;
export type ProfileRequest = NonNullable<ScaleSetRequest['properties']>['virtualMachineProfile'];

/** A PUT of an instance: whatever is absent stays as it is. */
export const instanceSchema = z.object({
  location: locationSchema.optional(),
  tags: mergedTagsSchema,
  properties: z
    .object({
      networkProfileConfiguration: z.object({ networkInterfaceConfigurations: interfacesSchema.optional() }).nullish(),
    })
    .optional(),
});

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
  const bootstrap = body.properties.virtualMachineProfile.extensionProfile.extensions.find(({ name }) => name === 'vmssCSE');
  const { clusterId, agentPool } = bootstrap?.properties.settings ?? {};
  return typeof clusterId === 'string' && typeof agentPool === 'string' ? { clusterId, agentPool } : undefined;
}
