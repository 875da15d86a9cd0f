import { z } from 'zod';

/** An OpenAPI v3 schema in the form that CustomResourceDefinitions accept ("structural"), extensions included. */
export interface StructuralSchema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema;
  readonly items?: StructuralSchema;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

/** The members in the order in which they are written; what is not here has no place in a CRD of ours. */
const memberOrder = [
  'description',
  'type',
  'format',
  'default',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'maxProperties',
  'required',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
  'properties',
  'additionalProperties',
  'items',
] as const;

/**
 * The schema of what a user writes: a member with a default is not required. `meta()` of a zod schema is taken over as it is, so
 * that the extensions of Kubernetes stand beside the fields. Throws `Error` for what has no structural form (unions, tuples).
 */
export function toStructuralSchema(schema: z.ZodType): StructuralSchema {
  return structural(z.toJSONSchema(schema, { io: 'input', target: 'openapi-3.0', unrepresentable: 'throw' }), '');
}

type JsonNode = Readonly<Record<string, unknown>>;

function structural(node: JsonNode, path: string): StructuralSchema {
  if (typeof node['type'] !== 'string')
    throw new Error(`${path || 'schema'}: has no single type, which a structural schema needs`);
  const members = { ...node, ...stringMembers(node), ...integerMembers(node), ...nestedMembers(node, path) };
  return Object.fromEntries(memberOrder.flatMap((name) => (members[name] === undefined ? [] : [[name, members[name]]])));
}

/** JavaScript escapes a slash inside a regular expression, Go has no need to. */
function stringMembers({ pattern }: JsonNode): JsonNode {
  return typeof pattern === 'string' ? { pattern: pattern.replaceAll(String.raw`\/`, '/') } : {};
}

/** zod bounds every integer by what a JavaScript number holds; Kubernetes says that by the format. */
function integerMembers({ type, minimum, maximum }: JsonNode): JsonNode {
  if (type !== 'integer') return {};
  return {
    format: 'int64',
    minimum: minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum,
    maximum: maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum,
  };
}

function nestedMembers(node: JsonNode, path: string): JsonNode {
  const { properties, items, additionalProperties } = node;
  return {
    properties: isNode(properties)
      ? Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, nested(value, `${path}.${name}`)]))
      : undefined,
    items: items === undefined ? undefined : nested(items, `${path}[]`),
    additionalProperties: isNode(additionalProperties) ? nested(additionalProperties, `${path}{}`) : undefined,
  };
}

function nested(value: unknown, path: string): StructuralSchema {
  if (!isNode(value)) throw new Error(`${path}: is not a schema`);
  return structural(value, path);
}

function isNode(value: unknown): value is JsonNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
