import { z } from 'zod';
import { addressField, messageField, nameField, timeField, uidField } from './fields.ts';
import type { DeepReadonly, Kind, KindObject } from './kind.ts';
import { apiGroup, apiVersion } from './names.ts';

const spec = z.object({
  staticGatewayConfiguration: nameField.describe('The StaticGatewayConfiguration, in the same namespace.'),
  podUid: uidField.describe('`metadata.uid` of the pod.'),
  nodeName: nameField.describe("The pod's node."),
  podAddress: addressField.optional().describe("The pod's own address."),
  state: z
    .enum(['Attached', 'Guarded', 'Detaching'])
    .optional()
    .describe(
      '`Attached`: new connections leave by a gateway. `Guarded`: the configuration cannot be used yet, the pod reaches nothing outside the cluster. `Detaching`: the annotation is gone; new connections leave directly, TCP connections by a gateway live on until they end.',
    ),
  reason: z.string().max(64).optional().describe('Why the pod is not treated as its annotation asks, in one word.'),
  message: messageField.optional().describe('The same in a sentence.'),
  gateway: nameField
    .optional()
    .describe('The gateway node that new connections take. Absent: none is alive and the pod is refused, or they take turns.'),
  egressAddress: addressField.optional().describe('The source address that others see of new connections.'),
  since: timeField.optional().describe('When `state` or `gateway` last changed.'),
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
    { name: 'State', type: 'string', jsonPath: '.spec.state', description: 'Attached, Guarded or Detaching.' },
    { name: 'Since', type: 'date', jsonPath: '.spec.since', description: 'Time since state or gateway changed.' },
    { name: 'Pod Address', type: 'string', jsonPath: '.spec.podAddress', description: "The pod's own address.", priority: 1 },
    { name: 'Node', type: 'string', jsonPath: '.spec.nodeName', description: "The pod's node.", priority: 1 },
    {
      name: 'Message',
      type: 'string',
      jsonPath: '.spec.message',
      description: 'Why the pod is not treated as its annotation asks.',
      priority: 1,
    },
  ],
};
