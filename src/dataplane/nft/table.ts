/**
 * One table of nftables, family `inet`, as data. Texts are the words of nft(8): a rule is a line of a chain, a key or value is an
 * element as nft lists it (`"veth1" . 10.244.1.2`, `goto pin_1`, `0x00000001`).
 */
export interface NftTable {
  readonly name: string;
  /** Only the process that made the table can change it, and it vanishes with that process (`flags owner`). */
  readonly isOwned: boolean;
  readonly counters: readonly NftCounter[];
  readonly sets: readonly NftSet[];
  readonly chains: readonly NftChain[];
}

/** A named counter. The values are what the kernel counted; a desired table has zeros. */
export interface NftCounter {
  readonly name: string;
  readonly packets: number;
  readonly bytes: number;
}

/** A set, or with `valueType` a map. */
export interface NftSet {
  readonly name: string;
  /** What follows the name: `type ipv4_addr . ipv4_addr`, `type mark : verdict`, `typeof numgen inc mod 60 : verdict`. */
  readonly type: string;
  /** Holds ranges (`flags interval; auto-merge`), in the spelling of `toIntervals`. Rewritten as a whole, never range by range. */
  readonly isInterval: boolean;
  /**
   * An element more only ever refuses traffic, so elements may be added before the paths they belong to exist, and must be. Every
   * other set opens something. The kernel does not know this: only desired tables tell.
   */
  readonly isGuard: boolean;
  readonly elements: readonly NftElement[];
}

export interface NftElement {
  readonly key: string;
  /** Of a map. */
  readonly value?: string;
}

export interface NftChain {
  readonly name: string;
  /** Of a base chain: where the kernel calls it, such as `type filter hook forward priority filter - 10; policy accept`. */
  readonly hook?: string;
  readonly rules: readonly string[];
}

export function counter(name: string): NftCounter {
  return { name, packets: 0, bytes: 0 };
}

/** A set whose elements open traffic. */
export function openingSet(name: string, type: string, elements: readonly NftElement[]): NftSet {
  return { name, type, isInterval: false, isGuard: false, elements: sorted(elements) };
}

/** A set whose elements refuse traffic. */
export function guardSet(name: string, type: string, elements: readonly NftElement[]): NftSet {
  return { ...openingSet(name, type, elements), isGuard: true };
}

/** A set of ranges; `ranges` are spelled and ordered by `toIntervals` already. */
export function intervalSet(name: string, type: string, ranges: readonly string[]): NftSet {
  return { name, type, isInterval: true, isGuard: false, elements: ranges.map((key) => ({ key })) };
}

/** One element a key, the last given. */
function sorted(elements: readonly NftElement[]): NftElement[] {
  const byKey = new Map(elements.map((element) => [element.key, element]));
  return [...byKey.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
}
