import type { NftChain, NftCounter, NftElement, NftSet, NftTable } from '../../dataplane/nft/table.ts';

interface Block {
  readonly kind: string;
  readonly name: string;
  readonly lines: string[];
}

/**
 * A table from what `nft list table` prints, in nft's spelling. Objects of kinds that we never write (flowtables, quotas, ...) are left
 * out. No listing tells which sets are guards.
 */
export function parseTable(listing: string): NftTable {
  const lines = joinContinued(listing.split('\n'));
  const blocks = blocksOf(lines);
  return {
    name: /^table inet (\S+) \{/u.exec(listing)?.[1] ?? '',
    isOwned: lines.some((line) => /^\tflags .*\bowner\b/u.test(line)),
    counters: blocks.filter(({ kind }) => kind === 'counter').map(parseCounter),
    sets: blocks.filter(({ kind }) => kind === 'set' || kind === 'map').map(parseSet),
    chains: blocks.filter(({ kind }) => kind === 'chain').map(parseChain),
  };
}

/** nft breaks long lists of elements, and indents what follows more than anything else. */
function joinContinued(lines: readonly string[]): string[] {
  const joined: string[] = [];
  for (const line of lines) {
    if (line.startsWith('\t\t\t')) joined.push(`${joined.pop() ?? ''} ${line.trim()}`);
    else joined.push(line);
  }
  return joined;
}

function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  for (const line of lines) {
    const [, kind, name] = /^\t(\w+) (\S+) \{$/u.exec(line) ?? [];
    if (kind !== undefined && name !== undefined) blocks.push({ kind, name, lines: [] });
    else if (line.startsWith('\t\t')) blocks.at(-1)?.lines.push(line.trim());
  }
  return blocks;
}

function parseCounter({ name, lines }: Block): NftCounter {
  const [, packets, bytes] = /packets (\d+) bytes (\d+)/u.exec(lines.join(' ')) ?? [];
  return { name, packets: Number(packets ?? 0), bytes: Number(bytes ?? 0) };
}

/** Properties besides the type, which we never write, count as part of it: then it is another one. */
function parseSet({ kind, name, lines }: Block): NftSet {
  const interval = new Set(['flags interval', 'auto-merge']);
  const properties = lines.filter((line) => !line.startsWith('elements = '));
  return {
    name,
    type: properties.filter((line) => !interval.has(line)).join('; '),
    isInterval: properties.includes('flags interval'),
    isGuard: false,
    elements: lines.filter((line) => line.startsWith('elements = ')).flatMap((line) => parseElements(line, kind === 'map')),
  };
}

function parseElements(line: string, isMap: boolean): NftElement[] {
  const list = line.slice(line.indexOf('{') + 1, line.lastIndexOf('}'));
  const elements = list.match(/(?:"[^"]*"|[^,"])+/gu) ?? [];
  return elements.map((element) => parseElement(element.trim(), isMap));
}

function parseElement(element: string, isMap: boolean): NftElement {
  const separator = isMap ? element.lastIndexOf(' : ') : -1;
  return separator < 0 ? { key: element } : { key: element.slice(0, separator), value: element.slice(separator + 3) };
}

function parseChain({ name, lines }: Block): NftChain {
  const [first, ...rest] = lines;
  if (first === undefined || !/^type \w+ hook /u.test(first)) return { name, rules: lines };
  return { name, hook: first.replace(/;$/u, ''), rules: rest };
}
