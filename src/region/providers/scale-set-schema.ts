import { z } from 'zod';
import { locationSchema, mergedTagsSchema } from '../arm/tracked-resource.ts';
import { interfacesSchema } from './network-configuration.ts';
import { identitySchema } from './resource-identity.ts';
import { maxCapacity } from './scale-set-model.ts';
import { only, refusal, unsupported } from './unsupported.ts';

const sku = z.object({
  name: z.string().min(1).max(60).nullish(),
  tier: z.string().max(20).nullish(),
  capacity: z.int().min(0).max(maxCapacity).nullish(),
});

const bootstrapOnly = 'the only extension of this region is the one that makes an instance a node of a managed cluster';

const extension = z.object({
  name: only(['vmssCSE'], bootstrapOnly),
  properties: z.object({
    publisher: z.string().max(200),
    type: z.string().max(200),
    settings: z.object({ clusterId: z.string().max(2000), agentPool: z.string().max(80) }, bootstrapOnly),
  }),
});

const osProfile = z.object({
  computerNamePrefix: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,33}$/, 'lower-case letters, digits and hyphens are allowed, at most 34')
    .nullish(),
  adminUsername: z.string().max(64).nullish(),
  customData: unsupported('machines have no cloud-init'),
  secrets: unsupported('machines have no certificate store'),
  windowsConfiguration: unsupported('machines run Debian'),
});

const imageReference = z
  .looseObject({ publisher: z.string(), id: unsupported('there are no image galleries') })
  .refine(
    ({ publisher }) => publisher.toLowerCase() === 'debian',
    refusal('machines run Debian: expected an image of the publisher Debian'),
  );

const storageProfile = z.object({
  imageReference: imageReference.nullish(),
  osDisk: z.looseObject({ osType: only(['Linux'], 'machines run Debian').nullish() }).nullish(),
  dataDisks: unsupported('machines have one disk'),
});

const virtualMachineProfile = z.object({
  osProfile: osProfile.nullish(),
  storageProfile: storageProfile.nullish(),
  networkProfile: z
    .object({
      networkInterfaceConfigurations: interfacesSchema.nullish(),
      healthProbe: unsupported('nothing repairs instances by itself'),
    })
    .nullish(),
  extensionProfile: z.object({ extensions: z.array(extension).max(1, bootstrapOnly).nullish() }).nullish(),
  priority: only(['Regular'], 'there are no Spot instances').nullish(),
  userData: unsupported('machines have no user data'),
  licenseType: unsupported('machines run Debian'),
  securityProfile: unsupported('machines have no firmware of their own'),
  diagnosticsProfile: unsupported('there are no boot diagnostics'),
  applicationProfile: unsupported('there are no gallery applications'),
  capacityReservation: unsupported('there are no capacity reservations'),
  scheduledEventsProfile: unsupported('scheduled events are announced to every machine'),
});

const scaleInPolicy = z.object({
  rules: z
    .array(only(['Default', 'NewestVM'], 'the newest instances go first'))
    .max(1)
    .nullish(),
  forceDeletion: unsupported('instances of pools are always drained'),
  prioritizeUnhealthyVMs: z.boolean().nullish(),
});

/** A PUT or PATCH of a scale set: whatever is absent stays as it is. What the region cannot do is refused; what only clients read back is dropped. */
export const scaleSetSchema = z.object({
  location: locationSchema.nullish(),
  tags: mergedTagsSchema,
  sku: sku.nullish(),
  zones: z.array(z.string().max(10)).max(10).nullish(),
  identity: identitySchema,
  plan: unsupported('nothing is sold in this region'),
  extendedLocation: unsupported('there are no edge zones'),
  properties: z
    .object({
      upgradePolicy: z.object({ mode: only(['Manual'], 'only Manual is supported').nullish() }).nullish(),
      orchestrationMode: only(['Uniform'], 'only Uniform is supported').nullish(),
      singlePlacementGroup: z.boolean().nullish(),
      platformFaultDomainCount: z.int().min(1).max(5).nullish(),
      overprovision: unsupported('every instance that is made stays'),
      scaleInPolicy: scaleInPolicy.nullish(),
      automaticRepairsPolicy: unsupported('nothing repairs instances by itself'),
      spotRestorePolicy: unsupported('there are no Spot instances'),
      priorityMixPolicy: unsupported('there are no Spot instances'),
      additionalCapabilities: unsupported('machines have one disk'),
      hostGroup: unsupported('there are no dedicated hosts'),
      proximityPlacementGroup: unsupported('all machines are on one host'),
      virtualMachineProfile: virtualMachineProfile.nullish(),
    })
    .nullish(),
});

export type ScaleSetRequest = z.infer<typeof scaleSetSchema>;
export type ProfileRequest = z.infer<typeof virtualMachineProfile> | null | undefined;

/** A PUT of an instance: whatever is absent stays as it is. */
export const instanceSchema = z.object({
  location: locationSchema.nullish(),
  tags: mergedTagsSchema,
  sku: sku.nullish(),
  plan: unsupported('nothing is sold in this region'),
  properties: z
    .object({
      networkProfileConfiguration: z.object({ networkInterfaceConfigurations: interfacesSchema.nullish() }).nullish(),
      protectionPolicy: unsupported('scaling in takes the newest instances'),
      userData: unsupported('machines have no user data'),
      licenseType: unsupported('machines run Debian'),
      additionalCapabilities: unsupported('machines have one disk'),
      storageProfile: z.object({ dataDisks: unsupported('machines have one disk') }).nullish(),
    })
    .nullish(),
});
