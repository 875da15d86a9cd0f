import { z } from 'zod';
import {
  addressField,
  atomicList,
  configurationKeyFields,
  endpointField,
  gatewayNumberField,
  generationField,
  nameField,
  observedGenerationField,
  publicKeyField,
  stateReasonFields,
  uidField,
} from './fields.ts';
import type { DeepReadonly, Kind, KindObject } from './kind.ts';
import { apiGroup, apiVersion } from './names.ts';

/** `Draining`: no new connections, those that it has live on. */
export const gatewayStateField = z
  .enum(['Ready', 'Draining', 'NotReady'])
  .describe('`Ready`, `Draining` (serves the connections that it has, gets no new ones) or `NotReady`.');

export type GatewayState = z.infer<typeof gatewayStateField>;

const spec = z.object({
  number: gatewayNumberField.describe('The number of the gateway, unique in the cluster: it names mark, table, device and port.'),
});

const status = z.object({
  observedGeneration: observedGenerationField.optional(),
  publicKey: publicKeyField.optional().describe('WireGuard public key.'),
  endpoint: endpointField.optional().describe('Address and UDP port where workers reach it.'),
  state: gatewayStateField.optional(),
  ...stateReasonFields,
  configurations: z
    .array(
      z.object({
        ...configurationKeyFields,
        uid: uidField.describe('Its `metadata.uid`.'),
        generation: generationField.describe('Its `metadata.generation`.'),
        secondaryAddress: addressField.describe('The private egress address that is programmed for it.'),
      }),
    )
    .max(512)
    .optional()
    .meta(atomicList)
    .describe('The configurations that are programmed.'),
  workers: z
    .array(
      z.object({
        name: nameField.describe('The worker node.'),
        generation: generationField.describe('`metadata.generation` of its EgressWorker.'),
        publicKey: publicKeyField.describe('The public key that is programmed for it.'),
      }),
    )
    .max(5000)
    .optional()
    .meta(atomicList)
    .describe('The workers that are programmed.'),
});

export type GatewayStatusSpec = DeepReadonly<z.infer<typeof spec>>;
export type GatewayStatusStatus = DeepReadonly<z.infer<typeof status>>;
export type GatewayStatus = KindObject<GatewayStatusSpec, GatewayStatusStatus>;

export const gatewayStatusKind: Kind<GatewayStatus> = {
  group: apiGroup,
  version: apiVersion,
  kind: 'GatewayStatus',
  plural: 'gatewaystatuses',
  shortName: 'gws',
  namespaced: true,
  description:
    'What the gateway node of the same name serves, in the system namespace. The operator creates it with a number; the gateway-agent writes the status.',
  spec,
  status,
  printerColumns: [
    { name: 'Number', type: 'integer', jsonPath: '.spec.number', description: 'Its number.' },
    { name: 'State', type: 'string', jsonPath: '.status.state', description: 'Ready, Draining or NotReady.' },
    { name: 'Reason', type: 'string', jsonPath: '.status.reason', description: 'Why it is not Ready.' },
    { name: 'Endpoint', type: 'string', jsonPath: '.status.endpoint', description: 'Where workers reach it.' },
    { name: 'Since', type: 'date', jsonPath: '.status.since', description: 'Time since the state changed.' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since it was created.' },
    { name: 'Message', type: 'string', jsonPath: '.status.message', description: 'Why, in a sentence.', priority: 1 },
  ],
};
