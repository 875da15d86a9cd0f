import { hasNamespace, namespaceOf, type HostState, type NamespaceState } from './host-state.ts';
import type { Step } from './step.ts';

/** The maps whose values are what connections were translated to. */
const translations = new Set(['label', 'egress']);

/**
 * What conntrack must forget after the diff of the same two states: the connections of each source (a pod on a worker, a label on a
 * gateway) whose translation is gone or another. Otherwise the old one lives on: 5 of 5 flows left by the other SGC's address
 * (dataplane reference, section 6). What is known in a namespace that goes, goes with it. For pods that run, `movePods` is gentler.
 */
export function staleFlows(observed: HostState, desired: HostState): Step[] {
  const kept = observed.namespaces.filter(({ name }) => hasNamespace(desired, name));
  return kept.flatMap((before) => {
    const after = translationsOf(namespaceOf(desired, before.name));
    const stale = [...translationsOf(before)].filter(([source, target]) => after.get(source) !== target);
    return stale.map(([source]): Step => ({ namespace: before.name, kind: 'forget-flows', flows: { source, protocols: 'all' } }));
  });
}

function translationsOf({ tables }: NamespaceState): Map<string, string | undefined> {
  const maps = tables.flatMap(({ sets }) => sets).filter(({ name }) => translations.has(name));
  return new Map(maps.flatMap(({ elements }) => elements.map(({ key, value }) => [key, value])));
}
