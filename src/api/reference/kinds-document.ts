import { toStructuralSchema, type StructuralSchema } from '../crd/structural-schema.ts';
import type { Kind } from '../kind.ts';
import { generatedNote, markdownTable } from './markdown.ts';

/** `docs/reference/kinds.md`: every field of every kind. */
export function kindsDocument(kinds: readonly Kind<unknown>[]): string {
  const [first] = kinds;
  const group = first === undefined ? '' : `\`${first.group}/${first.version}\``;
  return [generatedNote, '# Kinds', `Group and version: ${group}.`, ...kinds.map(kindSection), ''].join('\n\n');
}

function kindSection(kind: Kind<unknown>): string {
  return [
    `## ${kind.kind} (\`${kind.shortName}\`)`,
    kind.description,
    ...part('spec', kind.spec),
    ...(kind.status ? part('status', kind.status) : []),
    '`kubectl get` shows:',
    markdownTable(
      ['column', 'holds'],
      kind.printerColumns.map(({ name, description, priority }) => [priority ? `${name} (\`-o wide\`)` : name, description]),
    ),
  ].join('\n\n');
}

function part(name: string, schema: Kind<unknown>['spec']): string[] {
  const tree = toStructuralSchema(schema);
  const rules = rulesOf(tree, name);
  return [
    markdownTable(['field', 'type', 'meaning'], fieldRows(tree, name)),
    ...(rules.length > 0 ? [['Rules:', '', ...rules.map((rule) => `- ${rule}`)].join('\n')] : []),
  ];
}

function fieldRows(schema: StructuralSchema, path: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const fieldPath = `${path}.${name}${field.type === 'array' ? '[]' : ''}`;
    const required = schema.required?.includes(name) ? ', required' : '';
    return [
      [`\`${fieldPath}\``, typeOf(field) + required, field.description ?? ''],
      ...fieldRows(field.items ?? field, fieldPath),
    ];
  });
}

function typeOf(field: StructuralSchema): string {
  const bounds = (low: number | undefined, high: number | undefined): string =>
    low === undefined && high === undefined ? '' : ` ${String(low ?? '')}..${String(high ?? '')}`;
  const values = field.enum?.map((value) => `\`${String(value)}\``).join(', ');
  const fallback = field.default === undefined ? '' : `, default \`${JSON.stringify(field.default)}\``;
  if (field.type === 'array') return `list, at most ${String(field.maxItems)}`;
  return `${values ?? `${field.format ?? field.type ?? ''}${bounds(field.minimum, field.maximum)}`}${fallback}`;
}

function rulesOf(schema: StructuralSchema, path: string): string[] {
  const own = schema['x-kubernetes-validations']?.map(({ message }) => `\`${path}\`: ${message}`) ?? [];
  return [...own, ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) => rulesOf(field, `${path}.${name}`))];
}
