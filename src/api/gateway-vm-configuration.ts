import { z } from 'zod';
import { addressField, generationField, mapList, nameField, observedGenerationField, uidField, validations } from './fields.ts';
import { gatewayNodepoolNameField, gatewayVmssProfileField, poolRules } from './gateway-pool.ts';
import type { DeepReadonly, Kind, KindObject } from './kind.ts';
import { apiGroup, apiVersion } from './names.ts';

const spec = z
  .object({
    gatewayNodepoolName: gatewayNodepoolNameField.optional(),
    gatewayVmssProfile: gatewayVmssProfileField.optional(),
    provisionPublicIps: z.boolean().default(true).describe('As in the StaticGatewayConfiguration.'),
    publicIpPrefixId: z.string().max(512).optional().describe('Resource id of the prefix that the user brought.'),
  })
  .meta(validations(...poolRules));

const status = z.object({
  observedGeneration: observedGenerationField.optional(),
  configurationUid: uidField.optional().describe('`metadata.uid` of the StaticGatewayConfiguration.'),
  configurationGeneration: generationField
    .optional()
    .describe('`metadata.generation` of the StaticGatewayConfiguration that the profiles follow: gateways acknowledge it.'),
  publicIpPrefixId: z.string().max(512).optional().describe('Resource id of the prefix in use, own or brought.'),
  egressIpPrefix: z.string().max(512).optional().describe('The source addresses.'),
  gatewayVmProfiles: z
    .array(
      z.object({
        nodeName: nameField.describe('The gateway node.'),
        primaryAddress: addressField.describe("The node's own private address."),
        secondaryAddress: addressField.describe(
          'The private address of the configuration on this node: gateways translate to it.',
        ),
        publicAddress: addressField
          .optional()
          .describe('The public address that the cloud translates it to. Absent in private-IP mode.'),
      }),
    )
    .max(128)
    .optional()
    .meta(mapList('nodeName'))
    .describe('One profile for each gateway node.'),
});

export type GatewayVmConfigurationSpec = DeepReadonly<z.infer<typeof spec>>;
export type GatewayVmConfigurationStatus = DeepReadonly<z.infer<typeof status>>;
export type GatewayVmProfile = NonNullable<GatewayVmConfigurationStatus['gatewayVmProfiles']>[number];
export type GatewayVmConfiguration = KindObject<GatewayVmConfigurationSpec, GatewayVmConfigurationStatus>;

export const gatewayVmConfigurationKind: Kind<GatewayVmConfiguration> = {
  group: apiGroup,
  version: apiVersion,
  kind: 'GatewayVMConfiguration',
  plural: 'gatewayvmconfigurations',
  shortName: 'gwvm',
  namespaced: true,
  description:
    'The cloud side of the StaticGatewayConfiguration of the same name: the prefix, and the addresses on each gateway node. Written by the operator.',
  spec,
  status,
  printerColumns: [
    { name: 'Egress Prefix', type: 'string', jsonPath: '.status.egressIpPrefix', description: 'The source addresses.' },
    { name: 'Pool', type: 'string', jsonPath: '.spec.gatewayNodepoolName', description: 'The gateway node pool.' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since it was created.' },
    {
      name: 'Nodes',
      type: 'string',
      jsonPath: '.status.gatewayVmProfiles[*].nodeName',
      description: 'The gateway nodes.',
      priority: 1,
    },
    {
      name: 'Prefix Id',
      type: 'string',
      jsonPath: '.status.publicIpPrefixId',
      description: 'Resource id of the prefix.',
      priority: 1,
    },
  ],
};
