import { ArmError } from '../arm/errors.ts';

/** One term of a `$filter`: `roleName eq 'Reader'` is `{ name: 'rolename', value: 'Reader' }`, `atScope()` has an empty value. */
export interface FilterTerm {
  /** Lower case. */
  readonly name: string;
  readonly value: string;
}

const termPattern =
  /\s*(?:(?<call>[a-z]+)\(\s*(?:'(?<argument>(?:[^']|'')*)')?\s*\)|(?<member>[a-z]+)\s+eq\s+'(?<value>(?:[^']|'')*)')\s*(?<more>and\b|$)/iy;

/** Terms joined by `and`; none for an absent filter. Throws 400 for anything else, and for terms that are not in `known` (lower case). */
export function parseRoleFilter(filter: string | undefined, known: readonly string[]): readonly FilterTerm[] {
  const text = filter?.trim() ?? '';
  if (text === '') return [];
  const terms: FilterTerm[] = [];
  const pattern = new RegExp(termPattern);
  let isOpen = true;
  while (isOpen) {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw unsupported(text);
    const name = (groups['call'] ?? groups['member'] ?? '').toLowerCase();
    if (!known.includes(name)) throw unsupported(text);
    terms.push({ name, value: (groups['argument'] ?? groups['value'] ?? '').replaceAll("''", "'") });
    isOpen = groups['more'] !== '';
  }
  return terms;
}

function unsupported(text: string): ArmError {
  return new ArmError(400, 'UnsupportedQuery', `The filter '${text.slice(0, 200)}' is not supported.`, { target: '$filter' });
}
