import type { NftChain, NftSet, NftTable } from '../../dataplane/nft/table.ts';

/** A table that we wrote. */
export interface WrittenTable {
  /** In our words. */
  readonly given: NftTable;
  /** As nft lists it when nobody has changed it. */
  readonly spelled: NftTable;
}

/** The observed table in our words wherever it is still as we wrote it: chain by chain, set by set. Elements are what is there. */
export function recognise(observed: NftTable, { given, spelled }: WrittenTable): NftTable {
  const givenSets = byName(given.sets);
  const spelledSets = byName(spelled.sets);
  const givenChains = byName(given.chains);
  const spelledChains = byName(spelled.chains);
  return {
    ...observed,
    sets: observed.sets.map((set) => {
      const written = givenSets.get(set.name);
      return written && setText(spelledSets.get(set.name)) === setText(set) ? { ...written, elements: set.elements } : set;
    }),
    chains: observed.chains.map((chain) => {
      const written = givenChains.get(chain.name);
      return written && chainText(spelledChains.get(chain.name)) === chainText(chain) ? written : chain;
    }),
  };
}

/** The table without what changes while its rules stay. */
export function withoutElements(table: NftTable): NftTable {
  return { ...table, isOwned: false, sets: table.sets.map((set) => ({ ...set, elements: [] })) };
}

function setText(set: NftSet | undefined): string | undefined {
  return set && `${set.type} ${String(set.isInterval)}`;
}

function chainText(chain: NftChain | undefined): string | undefined {
  return chain && [chain.hook ?? '', ...chain.rules].join('\n');
}

function byName<T extends { readonly name: string }>(objects: readonly T[]): ReadonlyMap<string, T> {
  return new Map(objects.map((object) => [object.name, object]));
}
