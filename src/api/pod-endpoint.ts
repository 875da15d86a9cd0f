import { z } from 'zod';
import { addressField, nameField, timeField, uidField } from './fields.ts';
import type { DeepReadonly, Kind, KindObject } from './kind.ts';
import { apiGroup, apiVersion } from './names.ts';

const spec = z.object({
  staticGatewayConfiguration: nameField.describe('The StaticGatewayConfiguration, in the same namespace.'),
  podUid: uidField.describe('`metadata.uid` of the pod.'),
  nodeName: nameField.describe("The pod's node."),
  podAddress: addressField.optional().describe("The pod's own address."),
  gateway: nameField
    .optional()
    .describe('The gateway node that new connections take. Absent: none is alive, the pod is refused.'),
  egressAddress: addressField.optional().describe('The source address that others see.'),
  since: timeField.optional().describe('When `gateway` last changed.'),
});

export type PodEndpointSpec = DeepReadonly<z.infer<typeof spec>>;
export type PodEndpoint = KindObject<PodEndpointSpec>;

/** One writer, and nobody acts on it: so everything is in `spec`, and a change costs one write. */
export const podEndpointKind: Kind<PodEndpoint> = {
  group: apiGroup,
  version: apiVersion,
  kind: 'PodEndpoint',
  plural: 'podendpoints',
  shortName: 'podep',
  namespaced: true,
  description:
    'How the pod of the same name leaves the cluster. Information only: nothing decides on it. Written by the worker-agent of its node.',
  spec,
  printerColumns: [
    { name: 'Configuration', type: 'string', jsonPath: '.spec.staticGatewayConfiguration', description: 'What it uses.' },
    {
      name: 'Egress Address',
      type: 'string',
      jsonPath: '.spec.egressAddress',
      description: 'The source address that others see.',
    },
    { name: 'Gateway', type: 'string', jsonPath: '.spec.gateway', description: 'The gateway node.' },
    { name: 'Since', type: 'date', jsonPath: '.spec.since', description: 'Time since the gateway changed.' },
    { name: 'Pod Address', type: 'string', jsonPath: '.spec.podAddress', description: "The pod's own address.", priority: 1 },
    { name: 'Node', type: 'string', jsonPath: '.spec.nodeName', description: "The pod's node.", priority: 1 },
  ],
};
