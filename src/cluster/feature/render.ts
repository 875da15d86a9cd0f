import { SegwError } from '../../base/error.ts';

const placeholder = /\$\{([A-Z_]+)\}/g;

/**
 * The same tree of objects, lists and scalars with `${NAME}` in every string replaced by the value of that name. Throws `InvalidInput`
 * that lists the names without a value, and the values that nothing asks for.
 */
export function renderValues<T>(manifests: T, values: Readonly<Record<string, string>>): T {
  const asked = new Set<string>();
  const rendered = replace(manifests, (name) => {
    asked.add(name);
    return values[name] ?? '';
  });
  const problems = [
    ...[...asked].filter((name) => !(name in values)).map((name) => `\${${name}} has no value`),
    ...Object.keys(values)
      .filter((name) => !asked.has(name))
      .map((name) => `no manifest asks for ${name}`),
  ];
  if (problems.length > 0) throw new SegwError('InvalidInput', `render the manifests: ${problems.join('; ')}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- strings stay strings, everything else is as it was
  return rendered as T;
}

function replace(value: unknown, valueOf: (name: string) => string): unknown {
  if (typeof value === 'string') return value.replaceAll(placeholder, (_, name: string) => valueOf(name));
  if (Array.isArray(value)) return value.map((item) => replace(item, valueOf));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, replace(member, valueOf)]));
}
