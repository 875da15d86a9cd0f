import type { Deed, Step } from '../step.ts';
import {
  addresses,
  deviceSysctls,
  directRoutes,
  indirectRoutes,
  namespaceSysctls,
  neighbours,
  rules,
  unreachableRoutes,
  type Family,
  type RemovableFamily,
} from './families.ts';
import {
  configureWireguard,
  createLinks,
  removeDoomedLinks,
  removeUnwantedLinks,
  setLinks,
  withoutUnwantedLinks,
} from './links.ts';
import type { NamespacePair } from './namespace-pair.ts';

type Stage = (pair: NamespacePair) => Deed[];

/** Locks before what they lock. Source: dataplane reference, sections 2 and 3. */
const opening: readonly Stage[] = [
  ensured(namespaceSysctls),
  ensured(unreachableRoutes),
  ensured(rules),
  removeDoomedLinks,
  createLinks,
  ensured(deviceSysctls),
  configureWireguard,
  ensured(addresses),
  setLinks,
  ensured(neighbours),
  ensured(directRoutes),
  ensured(indirectRoutes),
];

const closing: readonly Stage[] = [
  removed(indirectRoutes),
  removed(directRoutes),
  removed(neighbours),
  removed(addresses),
  removeUnwantedLinks,
  removed(rules),
  removed(unreachableRoutes),
];

/** Makes and changes what leads out. */
export function openPaths(pairs: readonly NamespacePair[]): Step[] {
  return stepsOf(opening, pairs);
}

/** Takes away what nothing leads to any more. */
export function closePaths(pairs: readonly NamespacePair[]): Step[] {
  return stepsOf(closing, pairs);
}

/** Each stage in all namespaces before the next: the two sides of a veth pair need each other. */
function stepsOf(stages: readonly Stage[], pairs: readonly NamespacePair[]): Step[] {
  return stages.flatMap((stage) => pairs.flatMap((pair) => stage(pair).map((deed): Step => ({ namespace: pair.name, ...deed }))));
}

function ensured<T>({ list, text, ensure }: Family<T>): Stage {
  return ({ observed, desired }) => lacking(list(desired), list(observed), text).map(ensure);
}

/** What is there, is not wanted, and is not about to be replaced. */
function removed<T>({ list, rivals, text, key, remove }: RemovableFamily<T>): Stage {
  return (pair) => {
    const { observed } = withoutUnwantedLinks(pair);
    const replaced = new Set(lacking(rivals(pair.desired), rivals(observed), text).map(key));
    return lacking(list(observed), list(pair.desired), text)
      .filter((object) => !replaced.has(key(object)))
      .map(remove);
  };
}

/** The objects whose text none of `others` has. */
function lacking<T>(objects: readonly T[], others: readonly T[], text: (object: T) => string): T[] {
  const texts = new Set(others.map(text));
  return objects.filter((object) => !texts.has(text(object)));
}
