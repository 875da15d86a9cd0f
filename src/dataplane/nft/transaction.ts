import { renderChain, renderElements, renderSetType, renderTable } from './render.ts';
import type { NftElement, NftSet, NftTable } from './table.ts';

/** What the kernel takes at once or not at all. */
export type NftTransaction =
  /** Deletes the table, if there is one, and makes this one: packets see the old or the new. Cut to the counters it is given. */
  | { readonly kind: 'rewrite'; readonly table: NftTable }
  /** Changes elements of a table that stands. Fails as a whole when it is not as was thought: then observe and diff again. */
  | { readonly kind: 'edit'; readonly table: string; readonly edits: readonly ElementEdit[] }
  | { readonly kind: 'remove'; readonly table: string };

export interface ElementEdit {
  readonly set: string;
  /** Everything in the set goes before `added` comes. Otherwise the keys in `removed` go. */
  readonly isFlushed: boolean;
  readonly removed: readonly string[];
  readonly added: readonly NftElement[];
}

/**
 * The one transaction that makes `observed` equal to `desired`; `undefined` when it is. Elements are edited one by one while the
 * tables differ in nothing else; else the table is rewritten and goes on counting where it was.
 */
export function nftTransaction(observed: NftTable | undefined, desired: NftTable): NftTransaction | undefined {
  if (!observed) return { kind: 'rewrite', table: desired };
  if (declarations(observed) !== declarations(desired)) return { kind: 'rewrite', table: withCounters(desired, observed) };
  const before = new Map(observed.sets.map((set) => [set.name, set]));
  const edits = desired.sets.flatMap((set) => elementEdit(before.get(set.name)?.elements ?? [], set));
  return edits.length === 0 ? undefined : { kind: 'edit', table: desired.name, edits };
}

/** Input of `nft -f` for one transaction. */
export function renderTransaction(transaction: NftTransaction): string {
  if (transaction.kind === 'edit') return renderEdits(transaction.table, transaction.edits);
  if (transaction.kind === 'remove') return `delete table inet ${transaction.table}\n`;
  const { table } = transaction;
  // Naming a table creates it when it is absent, so that the deletion cannot fail.
  const present = `table inet ${table.name} {${table.isOwned ? ' flags owner;' : ''} }`;
  return `${present}\ndelete table inet ${table.name}\n${renderTable(table)}`;
}

function renderEdits(table: string, edits: readonly ElementEdit[]): string {
  const lines = edits.flatMap(({ set, isFlushed, removed, added }) => [
    ...(isFlushed ? [`flush set inet ${table} ${set}`] : []),
    ...(removed.length > 0 ? [`delete element inet ${table} ${set} { ${removed.join(', ')} }`] : []),
    ...(added.length > 0 ? [`add element inet ${table} ${set} ${renderElements(added)}`] : []),
  ]);
  return `${lines.join('\n')}\n`;
}

/** Everything of a table but its elements and what it counted. Equal text: elements are all that can differ. */
function declarations({ isOwned, counters, sets, chains }: NftTable): string {
  return [
    String(isOwned),
    ...counters.map(({ name }) => name).toSorted(),
    ...sets.map(renderSetType).toSorted(),
    ...chains.map((chain) => renderChain(chain).join('\n')).toSorted(),
  ].join('\n');
}

function withCounters(desired: NftTable, observed: NftTable): NftTable {
  const counted = new Map(observed.counters.map((counter) => [counter.name, counter]));
  return { ...desired, counters: desired.counters.map((counter) => counted.get(counter.name) ?? counter) };
}

function elementEdit(observed: readonly NftElement[], { name, elements, isInterval }: NftSet): ElementEdit[] {
  if (observed === elements) return [];
  const added = lacking(elements, observed);
  const removed = lacking(observed, elements).map(({ key }) => key);
  if (added.length === 0 && removed.length === 0) return [];
  if (isInterval) return [{ set: name, isFlushed: true, removed: [], added: elements }];
  return [{ set: name, isFlushed: false, removed, added }];
}

/** The elements that are not among `others` with the same value. */
function lacking(elements: readonly NftElement[], others: readonly NftElement[]): NftElement[] {
  const values = new Map(others.map(({ key, value }) => [key, value ?? key]));
  return elements.filter(({ key, value }) => values.get(key) !== (value ?? key));
}
