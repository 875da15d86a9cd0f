import { z } from 'zod';
import { definedOnly } from '../../../base/defined.ts';
import { parseBody } from '../../arm/errors.ts';
import type { JsonObject, ResourceBody } from '../../arm/resource.ts';
import {
  optionalFlag,
  optionalInteger,
  optionalObject,
  optionalText,
  optionalTextMap,
  optionalTexts,
  wordOf,
} from './wire-values.ts';

/** An agent pool as its owner wants it, in wire names (arm-facts 3.2). */
export interface AgentPoolProperties {
  readonly mode: 'System' | 'User' | 'Gateway';
  readonly type: 'VirtualMachineScaleSets' | 'VirtualMachines' | 'AvailabilitySet';
  readonly osType: 'Linux' | 'Windows';
  readonly osSKU: string;
  readonly osDiskSizeGB: number;
  readonly osDiskType: string;
  readonly count: number;
  readonly vmSize: string;
  readonly maxPods: number;
  readonly availabilityZones: readonly string[];
  readonly enableAutoScaling: boolean;
  readonly minCount?: number | undefined;
  readonly maxCount?: number | undefined;
  readonly enableNodePublicIP: boolean;
  readonly enableEncryptionAtHost: boolean;
  readonly enableUltraSSD: boolean;
  readonly enableFIPS: boolean;
  readonly scaleDownMode: string;
  readonly scaleSetPriority: string;
  readonly upgradeSettings: JsonObject;
  readonly vnetSubnetID?: string | undefined;
  readonly podSubnetID?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly nodeTaints: readonly string[];
  readonly gatewayProfile?: { readonly publicIPPrefixSize: number } | undefined;
}

export interface AgentPoolBody extends ResourceBody {
  readonly properties: AgentPoolProperties;
}

const defaultPrefixSize = 31;

const wireProperties = z.object({
  mode: wordOf(['System', 'User', 'Gateway']),
  type: wordOf(['VirtualMachineScaleSets', 'VirtualMachines', 'AvailabilitySet']),
  osType: wordOf(['Linux', 'Windows']),
  osSKU: optionalText,
  osDiskSizeGB: optionalInteger,
  osDiskType: optionalText,
  count: optionalInteger,
  vmSize: optionalText,
  maxPods: optionalInteger,
  availabilityZones: optionalTexts,
  enableAutoScaling: optionalFlag,
  minCount: optionalInteger,
  maxCount: optionalInteger,
  enableNodePublicIP: optionalFlag,
  enableEncryptionAtHost: optionalFlag,
  enableUltraSSD: optionalFlag,
  enableFIPS: optionalFlag,
  scaleDownMode: optionalText,
  scaleSetPriority: optionalText,
  upgradeSettings: optionalObject,
  vnetSubnetID: optionalText,
  podSubnetID: optionalText,
  tags: optionalTextMap,
  nodeLabels: optionalTextMap,
  nodeTaints: optionalTexts,
  gatewayProfile: z
    .object({ publicIPPrefixSize: optionalInteger })
    .nullish()
    .transform((profile) => profile ?? undefined),
});

const wireBody = z.object({ properties: wireProperties });

const defaults = {
  mode: 'User',
  type: 'VirtualMachineScaleSets',
  osType: 'Linux',
  osSKU: 'Ubuntu',
  osDiskSizeGB: 128,
  osDiskType: 'Managed',
  count: 1,
  vmSize: 'Standard_D2s_v5',
  maxPods: 250,
  availabilityZones: [],
  enableAutoScaling: false,
  enableNodePublicIP: false,
  enableEncryptionAtHost: false,
  enableUltraSSD: false,
  enableFIPS: false,
  scaleDownMode: 'Delete',
  scaleSetPriority: 'Regular',
  upgradeSettings: {},
  tags: {},
  nodeLabels: {},
  nodeTaints: [],
} as const satisfies AgentPoolProperties;

/**
 * What is absent stays as it was; of a new pool it is the default, which for `maxPods` depends on its cluster's pod network. Throws
 * ArmError (400) with every problem of form.
 */
export function parseAgentPool(
  body: unknown,
  before: AgentPoolProperties | undefined,
  defaultMaxPods: number = defaults.maxPods,
): AgentPoolBody {
  const { gatewayProfile: profile, ...wire } = parseBody(wireBody, body).properties;
  const properties: AgentPoolProperties = { ...defaults, maxPods: defaultMaxPods, ...before, ...definedOnly(wire) };
  const size = profile?.publicIPPrefixSize ?? before?.gatewayProfile?.publicIPPrefixSize;
  const hasProfile = properties.mode === 'Gateway' || size !== undefined;
  return {
    properties: { ...properties, ...(hasProfile ? { gatewayProfile: { publicIPPrefixSize: size ?? defaultPrefixSize } } : {}) },
  };
}
