import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { kinds } from '../kinds.ts';
import { toStructuralSchema, type StructuralSchema } from './structural-schema.ts';

test('a member with a default is not required, extensions stand beside the field', () => {
  const schema = z.object({
    size: z.int().min(1).max(5).default(3).describe('How large.'),
    names: z.array(z.string().max(3)).max(2).meta({ 'x-kubernetes-list-type': 'set' }),
  });
  assert.deepEqual(toStructuralSchema(schema), {
    type: 'object',
    required: ['names'],
    properties: {
      size: { description: 'How large.', type: 'integer', format: 'int64', default: 3, minimum: 1, maximum: 5 },
      names: { type: 'array', maxItems: 2, 'x-kubernetes-list-type': 'set', items: { type: 'string', maxLength: 3 } },
    },
  });
});

test('an integer without bounds has none', () => {
  assert.deepEqual(toStructuralSchema(z.int()), { type: 'integer', format: 'int64' });
});

test('what has no structural form is refused', () => {
  assert.throws(() => toStructuralSchema(z.object({ a: z.union([z.string(), z.number()]) })), /\.a: has no single type/);
});

test('every string and list of our kinds is bounded: the API server refuses rules of unbounded cost', () => {
  const unbounded = kinds.flatMap((kind) => [
    ...unboundedFields(toStructuralSchema(kind.spec), `${kind.kind}.spec`),
    ...(kind.status ? unboundedFields(toStructuralSchema(kind.status), `${kind.kind}.status`) : []),
  ]);
  assert.deepEqual(unbounded, []);
});

test('every field of our kinds is described', () => {
  const bare = kinds.flatMap((kind) =>
    [kind.spec, kind.status].flatMap((schema) => (schema ? undescribedFields(toStructuralSchema(schema), kind.kind) : [])),
  );
  assert.deepEqual(bare, []);
});

function unboundedFields(schema: StructuralSchema, path: string): string[] {
  const isBounded =
    schema.type === 'string'
      ? (schema.maxLength ?? schema.enum ?? schema.format)
      : schema.type === 'array'
        ? schema.maxItems
        : true;
  return [
    ...(isBounded === undefined ? [path] : []),
    ...childrenOf(schema).flatMap(([name, child]) => unboundedFields(child, `${path}.${name}`)),
  ];
}

function undescribedFields(schema: StructuralSchema, path: string): string[] {
  return childrenOf(schema).flatMap(([name, child]) => [
    ...(child.description === undefined && name !== '[]' ? [`${path}.${name}`] : []),
    ...undescribedFields(child, `${path}.${name}`),
  ]);
}

function childrenOf({ properties = {}, items }: StructuralSchema): [string, StructuralSchema][] {
  return [...Object.entries(properties), ...(items ? [['[]', items] satisfies [string, StructuralSchema]] : [])];
}
