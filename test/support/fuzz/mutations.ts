import * as fc from 'fast-check';
import type { JsonValue } from '../../../src/region/arm/resource.ts';

/** A change of a body: at one of its places, picked by number, something else stands. */
export interface Mutation {
  readonly place: number;
  readonly kind: 'replace' | 'remove' | 'add' | 'wrap' | 'borrow';
  readonly member: string;
  readonly value: JsonValue;
  /** `borrow`: the place from which the value is taken. */
  readonly from: number;
}

type Path = readonly (string | number)[];

const members = [
  ...'id name type location tags etag sku zones identity properties provisioningState subnet capacity count mode primary'.split(
    ' ',
  ),
  ...'ipConfigurations publicIPPrefix networkProfile agentPoolProfiles tier constructor toString __proto__ ä a/b $ref'.split(' '),
  '',
];

/** What breaks programs: wrong kinds, borders, other scripts, things that look like paths, numbers and addresses. */
const junk: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>(
    null,
    true,
    false,
    0,
    -1,
    1,
    3,
    0.5,
    2 ** 31,
    2 ** 53,
    1e308,
    '',
    ' ',
    '0',
    'null',
    [],
    {},
    [[]],
    [null],
    [{}],
  ),
  fc.constantFrom<JsonValue>('../..', '\u0000', '💥', 'x'.repeat(300), '*', "'; --", '0.0.0.0/0', '10.0.0.0/33', '::/0'),
  fc.constantFrom<JsonValue>(
    '256.1.1.1',
    '10.9.0.0/16',
    '/subscriptions/x',
    '/subscriptions/x/resourceGroups/y/providers/z',
    'Succeeded',
  ),
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ maxLength: 20, unit: 'binary' }),
);

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  place: fc.nat(),
  kind: fc.constantFrom('replace', 'replace', 'remove', 'add', 'wrap', 'borrow'),
  member: fc.constantFrom(...members),
  value: junk,
  from: fc.nat(),
});

export function mutated(body: JsonValue, mutations: readonly Mutation[]): JsonValue {
  return mutations.reduce<JsonValue>(mutatedOnce, body);
}

function mutatedOnce(body: JsonValue, { place, kind, member, value, from }: Mutation): JsonValue {
  const paths = pathsOf(body);
  const path = paths[place % paths.length] ?? [];
  const present = valueAt(body, path);
  if (kind === 'remove') return changedAt(body, path, () => undefined) ?? null;
  const next: Readonly<Record<Exclude<Mutation['kind'], 'remove'>, () => JsonValue>> = {
    replace: () => value,
    add: () => added(present, member, value),
    wrap: () => [present],
    borrow: () => valueAt(body, paths[from % paths.length] ?? []),
  };
  return changedAt(body, path, next[kind]) ?? null;
}

/** Every place of the value, the whole first. */
function pathsOf(value: JsonValue, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : pathsOf(one, [...path, key])))];
}

function valueAt(value: JsonValue, path: Path): JsonValue {
  return path.reduce<JsonValue>(
    (at, key) => (typeof at === 'object' && at !== null ? (Reflect.get(at, key) ?? null) : null),
    value,
  );
}

function changedAt(value: JsonValue, [key, ...rest]: Path, change: () => JsonValue | undefined): JsonValue | undefined {
  if (key === undefined) return change();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([name, one]): [string, JsonValue | undefined][] => {
    if (one === undefined || name !== key) return [[name, one]];
    const changed = changedAt(one, rest, change);
    return changed === undefined ? [] : [[name, changed]];
  });
  return Array.isArray(value) ? entries.flatMap(([, one]) => (one === undefined ? [] : [one])) : fromEntries(entries);
}

function added(value: JsonValue, member: string, more: JsonValue): JsonValue {
  if (Array.isArray(value)) return [...value, more];
  if (typeof value !== 'object' || value === null) return { [member]: more };
  return fromEntries([...Object.entries(value), [member, more]]);
}

/** Also `__proto__` becomes a member. */
function fromEntries(entries: readonly (readonly [string, JsonValue | undefined])[]): JsonValue {
  return Object.fromEntries(entries);
}

/** A change of a path: at one of its segments, picked by number. */
export interface PathMutation {
  readonly place: number;
  readonly kind: 'replace' | 'remove' | 'insert' | 'upper' | 'append' | 'slash';
  readonly text: string;
}

const segments = fc.oneof(
  fc.constantFrom(...members),
  fc.constantFrom(
    'providers',
    'resourceGroups',
    'subscriptions',
    'Microsoft.Network',
    'Microsoft.Nothing',
    '0',
    '-1',
    'x'.repeat(500),
  ),
  fc.constantFrom('%00', '%zz', '%2f', ' ', '*', '💥', 'a b', 'a%2fb', 'name.', '-', '(x)'),
  fc.string({ maxLength: 12, unit: 'binary' }),
);

export const pathMutation: fc.Arbitrary<PathMutation> = fc.record({
  place: fc.nat(),
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'insert', 'upper', 'append', 'slash'),
  text: segments,
});

/** Text that is no part of a URL is encoded, half-encoded text is left as it is. No `..`: a URL has none, whoever writes it. */
export function mutatedPath(path: string, { place, kind, text }: PathMutation): string {
  const parts = path.split('/').slice(1);
  const at = place % parts.length;
  const encoded = /%/.test(text) ? text.replaceAll(/[^\w%.()-]/g, '_') : encodeURIComponent(text.toWellFormed());
  const changes: Readonly<Record<PathMutation['kind'], () => readonly string[]>> = {
    replace: () => parts.with(at, encoded),
    remove: () => parts.toSpliced(at, 1),
    insert: () => parts.toSpliced(at, 0, encoded),
    upper: () => parts.with(at, (parts[at] ?? '').toUpperCase()),
    append: () => [...parts, encoded],
    slash: () => [...parts, ''],
  };
  return `/${changes[kind]().join('/')}`;
}
