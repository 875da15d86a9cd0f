import type { NftChain, NftCounter, NftElement, NftSet, NftTable } from './table.ts';

/** The table as nft reads it from a file. */
export function renderTable({ name, isOwned, counters, sets, chains }: NftTable): string {
  const body = [
    ...(isOwned ? ['flags owner'] : []),
    ...counters.map(renderCounter),
    ...sets.map(renderSet),
    ...chains.flatMap(renderChain),
  ];
  return [`table inet ${name} {`, ...body.map((line) => ` ${line}`), '}', ''].join('\n');
}

/** `{ a, b : c }` */
export function renderElements(elements: readonly NftElement[]): string {
  return `{ ${elements.map(renderElement).join(', ')} }`;
}

export function renderElement({ key, value }: NftElement): string {
  return value === undefined ? key : `${key} : ${value}`;
}

function renderCounter({ name, packets, bytes }: NftCounter): string {
  return `counter ${name} { packets ${String(packets)} bytes ${String(bytes)} }`;
}

/** What a set is, without what it holds. */
export function renderSetType({ name, type, isInterval }: NftSet): string {
  const kind = type.includes(' : ') ? 'map' : 'set';
  return `${kind} ${name} { ${type};${isInterval ? ' flags interval; auto-merge;' : ''}`;
}

export function renderSet(set: NftSet): string {
  const elements = set.elements.length > 0 ? ` elements = ${renderElements(set.elements)};` : '';
  return `${renderSetType(set)}${elements} }`;
}

/** The lines of a chain, one rule each. */
export function renderChain({ name, hook, rules }: NftChain): string[] {
  const lines = [...(hook === undefined ? [] : [`${hook};`]), ...rules];
  return [`chain ${name} {`, ...lines.map((line) => ` ${line}`), '}'];
}
