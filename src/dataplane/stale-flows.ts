import { hasNamespace, hostNamespace, namespaceOf, type HostState, type NamespaceState } from './host-state.ts';
import { defaultSettings, type DataplaneSettings } from './settings.ts';
import type { Step } from './step.ts';

/** The maps whose values are what connections were translated to. */
const translations = new Set(['label', 'egress']);
/** The map whose keys are the marks of the gateways in use. */
const actions = new Set(['act']);

/**
 * What conntrack must forget after the diff of the same two states: the connections of each source (a pod on a worker, a label on a
 * gateway) whose translation is gone or another. Otherwise the old one lives on: 5 of 5 flows left by the other SGC's address
 * (dataplane reference, section 6). What is known in a namespace that goes, goes with it. For pods that run, `movePods` is gentler.
 */
export function staleFlows(observed: HostState, desired: HostState, settings: DataplaneSettings = defaultSettings): Step[] {
  const kept = observed.namespaces.filter(({ name }) => hasNamespace(desired, name));
  const translated = kept.flatMap((before) => {
    const after = elementsOf(namespaceOf(desired, before.name), translations);
    const stale = [...elementsOf(before, translations)].filter(([source, target]) => after.get(source) !== target);
    return stale.map(([source]): Step => ({ namespace: before.name, kind: 'forget-flows', flows: { source, protocols: 'all' } }));
  });
  return [...translated, ...flowsOfGoneGateways(observed, desired, settings)];
}

/**
 * What follows when gateways that a worker used are no longer there at all, not even dead: their marks lead nowhere. UDP would be
 * refused for as long as its pod sends, so it begins anew; TCP is refused, and the kick tells those who only listen.
 */
export function flowsOfGoneGateways(
  observed: HostState,
  desired: HostState,
  { markMask: mask }: Pick<DataplaneSettings, 'markMask'> = defaultSettings,
): Step[] {
  const namespace = hostNamespace;
  const kept = elementsOf(namespaceOf(desired, namespace), actions);
  const gone = [...elementsOf(namespaceOf(observed, namespace), actions).keys()].filter((mark) => !kept.has(mark));
  return gone.flatMap((key): Step[] => {
    const mark = { value: Number(key), mask };
    return [
      { namespace, kind: 'forget-flows', flows: { mark, protocols: 'other-than-tcp' } },
      { namespace, kind: 'kick', flows: { mark, protocols: 'tcp' } },
    ];
  });
}

function elementsOf({ tables }: NamespaceState, names: ReadonlySet<string>): Map<string, string | undefined> {
  const maps = tables.flatMap(({ sets }) => sets).filter(({ name }) => names.has(name));
  return new Map(maps.flatMap(({ elements }) => elements.map(({ key, value }) => [key, value])));
}
