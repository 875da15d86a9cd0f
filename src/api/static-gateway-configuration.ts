import { z } from 'zod';
import { conditionsSchema } from './condition.ts';
import {
  addressField,
  atomicList,
  cidrField,
  endpointField,
  mapList,
  nameField,
  observedGenerationField,
  publicKeyField,
  validations,
} from './fields.ts';
import { gatewayNodepoolNameField, gatewayVmssProfileField, poolRules } from './gateway-pool.ts';
import { gatewayStateField } from './gateway-status.ts';
import type { DeepReadonly, Kind, KindObject } from './kind.ts';
import { apiGroup, apiVersion } from './names.ts';

const prefixIdPattern = '(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft[.]Network/publicIPPrefixes/[^/]+$';

const spec = z
  .object({
    gatewayNodepoolName: gatewayNodepoolNameField.optional(),
    gatewayVmssProfile: gatewayVmssProfileField.optional(),
    provisionPublicIps: z
      .boolean()
      .default(true)
      .describe("Whether pods leave by public addresses. `false`: by the gateway nodes' private addresses."),
    publicIpPrefixId: z
      .string()
      .max(512)
      .optional()
      .meta(
        validations({
          rule: `self == '' || self.matches('${prefixIdPattern}')`,
          message:
            'must have the form /subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Network/publicIPPrefixes/NAME',
        }),
      )
      .describe('Resource id of a public IP prefix of yours. Without it, one is created and deleted together with this object.'),
    excludeCidrs: z
      .array(cidrField)
      .max(256)
      .optional()
      .meta(atomicList)
      .describe('IPv4 networks whose traffic does not take the default route: see `defaultRoute`. Host bits are ignored.'),
    defaultRoute: z
      .enum(['staticEgressGateway', 'azureNetworking'])
      .default('staticEgressGateway')
      .describe(
        '`staticEgressGateway`: all but `excludeCidrs` goes through the gateway; `azureNetworking`: only `excludeCidrs` does.',
      ),
  })
  .meta(
    validations(...poolRules, {
      rule: "self.?provisionPublicIps.orValue(true) || self.?publicIpPrefixId.orValue('') == ''",
      message: 'publicIpPrefixId cannot be used with provisionPublicIps: false',
      fieldPath: '.publicIpPrefixId',
    }),
  );

const status = z.object({
  observedGeneration: observedGenerationField.optional(),
  egressIpPrefix: z
    .string()
    .max(512)
    .optional()
    .describe("The source addresses: a CIDR, or in private-IP mode the gateways' addresses joined by commas."),
  gatewayServerProfile: z
    .object({
      ip: addressField.describe('Address of the WireGuard endpoint.'),
      port: z.int().min(1).max(65_535).describe('UDP port of the WireGuard endpoint.'),
      publicKey: publicKeyField.describe('Public key of the WireGuard endpoint. The private key never leaves its node.'),
    })
    .optional()
    .describe('The first ready gateway.'),
  gateways: z
    .array(
      z.object({
        node: nameField.describe('The gateway node.'),
        endpoint: endpointField.optional().describe('Address and UDP port of its WireGuard endpoint.'),
        egressAddress: addressField.optional().describe('The source address of what leaves by this gateway.'),
        state: gatewayStateField,
      }),
    )
    .max(128)
    .optional()
    .meta(mapList('node'))
    .describe('Every gateway of the pool.'),
  readyGateways: z.int().min(0).optional().describe('How many gateways serve the configuration.'),
  workerNodes: z.int().min(0).optional().describe('How many nodes have pods that use it.'),
  attachedPods: z.int().min(0).optional().describe('How many pods use it.'),
  conditions: conditionsSchema.optional(),
});

export type StaticGatewayConfigurationSpec = DeepReadonly<z.infer<typeof spec>>;
export type StaticGatewayConfigurationStatus = DeepReadonly<z.infer<typeof status>>;
export type StaticGatewayConfiguration = KindObject<StaticGatewayConfigurationSpec, StaticGatewayConfigurationStatus>;

export const staticGatewayConfigurationKind: Kind<StaticGatewayConfiguration> = {
  group: apiGroup,
  version: apiVersion,
  kind: 'StaticGatewayConfiguration',
  plural: 'staticgatewayconfigurations',
  shortName: 'sgc',
  namespaced: true,
  description:
    'Fixed source addresses for the pods of its namespace that name it in the annotation `kubernetes.azure.com/static-gateway-configuration`. Written by the user. Its own annotation `egressgateway.kubernetes.azure.com/spread` says how connections are spread over the gateways: `perPod`, a pod keeps one source address; `perConnection`, new connections take turns. Without it the setting `--spread` of the worker-agent decides, which is `perPod`.',
  spec,
  status,
  printerColumns: [
    {
      name: 'Ready',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: 'Whether pods are served.',
    },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason', description: 'Why.' },
    { name: 'Egress Prefix', type: 'string', jsonPath: '.status.egressIpPrefix', description: 'The source addresses.' },
    { name: 'Gateways', type: 'integer', jsonPath: '.status.readyGateways', description: 'Gateways that serve it.' },
    { name: 'Pods', type: 'integer', jsonPath: '.status.attachedPods', description: 'Pods that use it.' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since it was created.' },
    { name: 'Pool', type: 'string', jsonPath: '.spec.gatewayNodepoolName', description: 'The gateway node pool.', priority: 1 },
    {
      name: 'Scale Set',
      type: 'string',
      jsonPath: '.spec.gatewayVmssProfile.vmssName',
      description: 'The scale set.',
      priority: 1,
    },
    {
      name: 'Message',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].message',
      description: 'What happened, why, and what to do.',
      priority: 1,
    },
  ],
};
