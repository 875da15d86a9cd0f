import { z } from 'zod';

const octet = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])';
const address = `(${octet}\\.){3}${octet}`;

/** The patterns are evaluated by Go's RE2 as well: no look-around. */
const addressPattern = new RegExp(`^${address}$`);
const cidrPattern = new RegExp(`^${address}/(3[0-2]|[12]?[0-9])$`);
const endpointPattern = new RegExp(`^${address}:[1-9][0-9]{0,4}$`);

export const addressField = z.string().max(15).regex(addressPattern);

/** An IPv4 network. Host bits may be set: whoever uses it clears them (`parseCidr`). */
export const cidrField = z.string().max(18).regex(cidrPattern);

/** `ADDRESS:PORT`. */
export const endpointField = z.string().max(21).regex(endpointPattern);

/** A WireGuard public key: 32 bytes in base64. */
export const publicKeyField = z
  .string()
  .max(44)
  .regex(/^[A-Za-z0-9+/]{43}=$/);

/** The name of a node, a pod or a configuration: a DNS subdomain. */
export const nameField = z.string().min(1).max(253);
export const namespaceField = z.string().min(1).max(63);
export const uidField = z.string().min(1).max(64);
export const generationField = z.int().min(0);
export const messageField = z.string().max(1024);
export const timeField = z.string().meta({ format: 'date-time' });

/** The small number of a gateway, unique in the cluster: it names mark, table, device and port (design.md section 5). */
export const gatewayNumberField = z.int().min(1).max(124);

export const observedGenerationField = generationField.describe('The `metadata.generation` that this status speaks of.');

/** Which StaticGatewayConfiguration an entry speaks of. */
export const configurationKeyFields = {
  namespace: namespaceField.describe('Namespace of the StaticGatewayConfiguration.'),
  name: nameField.describe('Its name.'),
};

/** What stands beside the `state` of a node's part of the work. */
export const stateReasonFields = {
  reason: z.string().max(64).optional().describe('Why it is not Ready, in one word.'),
  message: messageField.optional().describe('The same in a sentence.'),
  since: timeField.optional().describe('When `state` last changed.'),
};

/** Replaced as a whole by its one writer. Keeps the bookkeeping of server-side apply small, where a list is long. */
export const atomicList = { 'x-kubernetes-list-type': 'atomic' } as const;

/** Merged by the members named `keys`. */
export function mapList(...keys: readonly [string, ...string[]]): Record<string, unknown> {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys };
}

/** A rule in the Common Expression Language, evaluated by the API server with the value as `self`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

export function validations(...rules: readonly ValidationRule[]): Record<string, unknown> {
  return { 'x-kubernetes-validations': rules };
}
