import type { JsonObject, JsonValue } from '../arm/resource.ts';
import { badRequest, MetadataError } from './metadata-error.ts';

export type DocumentFormat = 'json' | 'text';

/** `format=json` (also when absent) or `format=text`, in any case. */
export function parseFormat(format: string | undefined): DocumentFormat {
  const word = (format ?? 'json').toLowerCase();
  if (word === 'json' || word === 'text') return word;
  throw badRequest('other', `The format '${word.slice(0, 20)}' is not supported; json and text are.`);
}

/** The part of the document below these names and indexes (`network`, `interface`, `0`), in any case. Throws 404. */
export function partOf(document: JsonObject, path: readonly string[]): JsonValue {
  let part: JsonValue | undefined = document;
  for (const name of path) part = memberOf(part, name);
  if (part === undefined) throw new MetadataError(404, { error: 'Not found' });
  return part;
}

/** A leaf is only there as text; as text a branch is the list of its names, a branch among them with a slash. Throws 400. */
export function renderPart(part: JsonValue, format: DocumentFormat): { readonly contentType: string; readonly text: string } {
  const isLeaf = typeof part !== 'object' || part === null;
  if (format === 'json' && isLeaf) throw badRequest('other', 'A leaf has no JSON form; ask for it with format=text.');
  if (format === 'json') return { contentType: 'application/json; charset=utf-8', text: JSON.stringify(part) };
  return { contentType: 'text/plain; charset=utf-8', text: isLeaf ? String(part) : namesIn(part).join('\n') };
}

function namesIn(branch: object): readonly string[] {
  return Object.entries(branch).map(([name, member]) => (typeof member === 'object' ? `${name}/` : name));
}

function memberOf(part: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof part !== 'object' || part === null) return undefined;
  const members: readonly [string, JsonValue | undefined][] = Object.entries(part);
  return members.find(([member]) => member.toLowerCase() === name.toLowerCase())?.[1];
}
