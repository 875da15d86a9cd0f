import { SegwError } from '../../base/error.ts';
import { renderElement } from '../nft/render.ts';
import type { NftElement, NftSet, NftTable } from '../nft/table.ts';
import type { ElementEdit, NftTransaction } from '../nft/transaction.ts';

/** What nftables makes of its tables by a transaction. Throws `NftablesRejected` where the kernel would refuse. */
export function applyTransaction(tables: readonly NftTable[], transaction: NftTransaction): NftTable[] {
  if (transaction.kind === 'rewrite') return put(tables, checked(transaction.table));
  const table = tables.find(({ name }) => name === transaction.table);
  if (!table) throw rejected(`no table ${transaction.table}`);
  if (transaction.kind === 'remove') return tables.filter((other) => other !== table);
  return put(tables, checked(transaction.edits.reduce(edited, table)));
}

function put(tables: readonly NftTable[], table: NftTable): NftTable[] {
  return [...tables.filter(({ name }) => name !== table.name), table];
}

function edited(table: NftTable, edit: ElementEdit): NftTable {
  const set = table.sets.find(({ name }) => name === edit.set);
  if (!set) throw rejected(`no set ${edit.set} in ${table.name}`);
  const elements = withElements(withoutElements(set, edit), edit);
  return { ...table, sets: table.sets.map((other) => (other === set ? { ...set, elements } : other)) };
}

function withoutElements(set: NftSet, { isFlushed, removed }: ElementEdit): readonly NftElement[] {
  if (isFlushed) return [];
  const keys = new Set(set.elements.map(({ key }) => key));
  const absent = removed.filter((key) => !keys.has(key));
  if (absent.length > 0) throw rejected(`no element ${absent.join(', ')} in ${set.name}`);
  return set.elements.filter(({ key }) => !removed.includes(key));
}

function withElements(elements: readonly NftElement[], { set, added }: ElementEdit): NftElement[] {
  const there = new Map(elements.map((element) => [element.key, renderElement(element)]));
  const clashing = added.filter((element) => there.has(element.key) && there.get(element.key) !== renderElement(element));
  if (clashing.length > 0) throw rejected(`element ${clashing.map(renderElement).join(', ')} exists in ${set} otherwise`);
  return [...elements, ...added.filter(({ key }) => !there.has(key))].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** Every name that a rule or an element speaks of must exist. */
function checked(table: NftTable): NftTable {
  const known = {
    set: new Set(table.sets.map(({ name }) => name)),
    chain: new Set(table.chains.map(({ name }) => name)),
    counter: new Set(table.counters.map(({ name }) => name)),
  };
  const rules = table.chains.flatMap((chain) => chain.rules);
  const values = table.sets.flatMap(({ elements }) => elements.flatMap(({ value }) => (value === undefined ? [] : [value])));
  for (const text of [...rules, ...values]) {
    for (const [kind, pattern] of patterns) {
      const unknown = [...text.matchAll(pattern)].map(([, name]) => name ?? '').find((name) => !known[kind].has(name));
      if (unknown !== undefined) throw rejected(`no ${kind} ${unknown} in ${table.name}: ${text}`);
    }
  }
  return table;
}

const patterns = [
  ['set', /@(\w+)/g],
  ['chain', /(?:goto|jump) (\w+)/g],
  ['counter', /counter name (\w+)/g],
] as const;

function rejected(message: string): SegwError {
  return new SegwError('NftablesRejected', message);
}
