import type { NftElement, NftSet, NftTable } from './table.ts';

/**
 * The table for the time in which paths are made: everything of `desired` that refuses, everything of `observed` that lets through.
 * Chains and ranges are those of `desired`, guards those of both (of two for one key the desired one), what opens traffic is as it
 * was; what only `observed` has stays until nothing leads to it.
 */
export function coverTable(observed: NftTable | undefined, desired: NftTable): NftTable {
  if (!observed) return { ...desired, sets: desired.sets.map((set) => coverSet(undefined, set)) };
  const before = new Map(observed.sets.map((set) => [set.name, set]));
  return {
    ...desired,
    counters: union(observed.counters, desired.counters),
    sets: union(
      desired.sets.map((set) => coverSet(before.get(set.name), set)),
      observed.sets,
    ),
    chains: union(desired.chains, observed.chains),
  };
}

function coverSet(observed: NftSet | undefined, desired: NftSet): NftSet {
  if (desired.isInterval) return desired;
  const kept = observed?.type === desired.type ? observed.elements : [];
  return { ...desired, elements: desired.isGuard ? [...desired.elements, ...newKeys(desired.elements, kept)] : kept };
}

function newKeys(present: readonly NftElement[], elements: readonly NftElement[]): NftElement[] {
  const keys = new Set(present.map(({ key }) => key));
  return elements.filter(({ key }) => !keys.has(key));
}

/** All of `first`, and of `second` what `first` has no name for. */
function union<T extends { readonly name: string }>(first: readonly T[], second: readonly T[]): T[] {
  const names = new Set(first.map(({ name }) => name));
  return [...first, ...second.filter(({ name }) => !names.has(name))];
}
