import { z } from 'zod';
import {
  addressField,
  atomicList,
  cidrField,
  configurationKeyFields,
  endpointField,
  gatewayNumberField,
  mapList,
  observedGenerationField,
  publicKeyField,
  stateReasonFields,
  uidField,
} from './fields.ts';
import type { DeepReadonly, Kind, KindObject } from './kind.ts';
import { apiGroup, apiVersion } from './names.ts';

/** As many as a block of size /22 has. */
const maxLabels = 1024;

const spec = z.object({
  labelBlock: cidrField.describe('The block of label addresses of this worker.'),
  labels: z
    .array(
      z.object({
        ...configurationKeyFields,
        uid: uidField.describe('Its `metadata.uid`.'),
        address: addressField.describe('The label: the source of its traffic inside the tunnel.'),
      }),
    )
    .max(maxLabels)
    .optional()
    .meta(atomicList)
    .describe('The configurations that this worker may use, with the label of each. Gateways drop every other source.'),
});

const status = z.object({
  observedGeneration: observedGenerationField.optional(),
  publicKey: publicKeyField.optional().describe('WireGuard public key.'),
  endpoints: z
    .array(
      z.object({
        gateway: gatewayNumberField.describe('Number of the gateway.'),
        endpoint: endpointField.describe('Address and UDP port where that gateway reaches this worker.'),
      }),
    )
    .max(124)
    .optional()
    .meta(mapList('gateway'))
    .describe('One WireGuard endpoint for each gateway.'),
  wanted: z
    .array(
      z.object({
        ...configurationKeyFields,
        pods: z.int().min(0).describe('How many pods of this node use it.'),
      }),
    )
    .max(maxLabels)
    .optional()
    .meta(atomicList)
    .describe('The configurations that pods of this node use.'),
  cniChained: z.boolean().optional().describe('Whether the plugin is chained, so that annotated pods may start.'),
  state: z.enum(['Ready', 'NotReady']).optional().describe('`NotReady`: annotated pods are refused or guarded.'),
  ...stateReasonFields,
});

export type EgressWorkerSpec = DeepReadonly<z.infer<typeof spec>>;
export type EgressWorkerStatus = DeepReadonly<z.infer<typeof status>>;
export type EgressWorker = KindObject<EgressWorkerSpec, EgressWorkerStatus>;

export const egressWorkerKind: Kind<EgressWorker> = {
  group: apiGroup,
  version: apiVersion,
  kind: 'EgressWorker',
  plural: 'egressworkers',
  shortName: 'egw',
  namespaced: true,
  description:
    'What gateways believe about the worker node of the same name, in the system namespace. The operator creates it and authorises labels; the worker-agent writes the status.',
  spec,
  status,
  printerColumns: [
    { name: 'State', type: 'string', jsonPath: '.status.state', description: 'Ready or NotReady.' },
    { name: 'Reason', type: 'string', jsonPath: '.status.reason', description: 'Why it is not Ready.' },
    { name: 'Chained', type: 'boolean', jsonPath: '.status.cniChained', description: 'Whether the CNI plugin is chained.' },
    { name: 'Label Block', type: 'string', jsonPath: '.spec.labelBlock', description: 'Its label addresses.' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since it was created.' },
    {
      name: 'Configurations',
      type: 'string',
      jsonPath: '.status.wanted[*].name',
      description: 'What its pods use.',
      priority: 1,
    },
    { name: 'Message', type: 'string', jsonPath: '.status.message', description: 'Why, in a sentence.', priority: 1 },
  ],
};
