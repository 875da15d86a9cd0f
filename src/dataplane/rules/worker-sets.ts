import type { AttachedPod } from '../model.ts';
import { guardSet, openingSet, type NftSet } from '../nft/table.ts';
import type { DataplaneSettings } from '../settings.ts';
import type { SteeredGateway, SteeredPod, SteeredSgc, Steering } from '../steering.ts';
import { markElement } from './marks.ts';

/** Everything that is keyed on a pod. An attach, a detach or a change of SGC changes elements of these and nothing else. */
export function podSets(steered: readonly SteeredPod[]): NftSet[] {
  const pods = steered.map(({ pod }) => pod);
  const labelled = steered.flatMap(({ pod, sgc }) => (sgc ? [{ pod, sgc: sgc.sgc, name: sgc.name }] : []));
  const wanting = labelled.filter(({ pod }) => pod.phase === 'attached');

  const links = pods.map((pod) => ({ key: link(pod) }));
  const addresses = pods.map(({ address }) => ({ key: address }));
  const holders = pods.map((pod) => ({ key: `${link(pod)} . ${pod.address}` }));
  const guards = steered.map((one) => ({ key: link(one.pod), value: guardOf(one) }));
  const strays = wanting.map(({ pod, name }) => ({ key: link(pod), value: `jump stray_${name}` }));
  const labels = labelled.map(({ pod, sgc }) => ({ key: pod.address, value: sgc.label }));
  const pairs = labelled.map(({ pod, sgc }) => ({ key: `${pod.address} . ${sgc.label}` }));
  const wants = wanting.map(({ pod, name }) => ({ key: link(pod), value: `jump want_${name}` }));
  return [
    guardSet('veths', 'type ifname', links),
    guardSet('pods', 'type ipv4_addr', addresses),
    guardSet('podif', 'type ifname . ipv4_addr', holders),
    guardSet('guard', 'type ifname : verdict', guards),
    guardSet('stray', 'type ifname : verdict', strays),
    openingSet('label', 'type ipv4_addr : ipv4_addr', labels),
    openingSet('pair', 'type ipv4_addr . ipv4_addr', pairs),
    openingSet('want', 'type ifname : verdict', wants),
  ];
}

/** Per SGC, whose turn it is for each slot. Empty while the SGC spreads per pod. */
export function spreadMaps(sgcs: readonly SteeredSgc[], { spreadSlots }: DataplaneSettings): NftSet[] {
  return sgcs.map(({ sgc, name, serving }) => {
    const type = `typeof numgen inc mod ${String(spreadSlots)} : verdict`;
    return openingSet(`spread_${name}`, type, sgc.spread === 'perConnection' ? turns(serving, spreadSlots) : []);
  });
}

/** The two maps that a failover changes. */
export function gatewayMaps({ gateways, pods }: Steering): NftSet[] {
  const pinned = pods.flatMap(({ pod, gateway }) =>
    gateway ? [{ key: pod.address, value: `goto pin_${String(gateway.number)}` }] : [],
  );
  const actions = gateways.map((steered) => ({ key: markElement(steered.gateway.number), value: `goto ${actionOf(steered)}` }));
  return [openingSet('gateway', 'type ipv4_addr : verdict', pinned), openingSet('act', 'type mark : verdict', actions)];
}

function turns(serving: SteeredSgc['serving'], slots: number): NftSet['elements'] {
  if (serving.length === 0) return [];
  return Array.from({ length: slots }, (_, slot) => ({
    key: String(slot),
    value: `goto pin_${String(serving[slot % serving.length]?.number)}`,
  }));
}

/** What becomes of a connection that carries the gateway's mark. */
function actionOf({ gateway, carrier }: SteeredGateway): string {
  if (!carrier) return 'lost';
  return `${carrier === gateway ? 'via' : 'moved'}_${String(carrier.number)}`;
}

function guardOf({ pod, sgc }: SteeredPod): string {
  if (pod.phase === 'detaching') return 'goto guard_detaching';
  return `goto guard_${sgc?.name ?? 'held'}`;
}

function link({ veth }: AttachedPod): string {
  return `"${veth}"`;
}
