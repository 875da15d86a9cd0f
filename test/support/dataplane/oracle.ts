import { hostNamespace, namespaceOf, type HostState, type NamespaceState } from '../../../src/dataplane/host-state.ts';
import type { AttachedPod } from '../../../src/dataplane/model.ts';
import type { NftTable } from '../../../src/dataplane/nft/table.ts';

/** Where new connections of a pod to the outside go, read from the kernel's state alone: the devices, none when they are refused. */
export function egressDevices(state: HostState, { veth, address }: AttachedPod): string[] {
  const host = namespaceOf(state, hostNamespace);
  const table = host.tables.find(({ name }) => name === 'segw');
  const want = table && lookUp(table, 'want', `"${veth}"`);
  const label = table && lookUp(table, 'label', address);
  if (!table || !want || !label || !lookUp(table, 'pair', `${address} . ${label}`)) return [];
  const pins = pinsOf(table, want.replace('jump want_', ''), address);
  const devices = pins.map((pin) => deviceOf(host, table, pin));
  return devices.includes(undefined) ? [] : devices.filter((device) => device !== undefined);
}

/** Whether what the pod sends past its gateway is refused. */
export function isGuarded(state: HostState, { veth, address }: AttachedPod): boolean {
  const table = namespaceOf(state, hostNamespace).tables.find(({ name }) => name === 'segw');
  if (!table || !lookUp(table, 'veths', `"${veth}"`) || !lookUp(table, 'podif', `"${veth}" . ${address}`)) return false;
  const guard = lookUp(table, 'guard', `"${veth}"`)?.replace('goto ', '');
  return (
    guard !== undefined &&
    rulesOf(table, guard).at(-1) === 'goto refuse' &&
    rulesOf(table, 'refuse').length === 3 &&
    rulesOf(table, 'forward').includes('iifname @veths goto from_pod') &&
    rulesOf(table, 'from_pod').slice(-2).join() === 'iifname vmap @guard,goto refuse'
  );
}

/** Links that are steered for one SGC while their address is translated for another. */
export function mixedUpLinks(state: HostState): string[] {
  const table = namespaceOf(state, hostNamespace).tables.find(({ name }) => name === 'segw');
  const holders = table?.sets.find(({ name }) => name === 'podif')?.elements ?? [];
  return holders.flatMap(({ key }) => {
    const [link = '', address = ''] = key.split(' . ');
    const want = table && lookUp(table, 'want', link);
    const label = table && lookUp(table, 'label', address);
    return want !== undefined && label !== undefined && !label.endsWith(`.${want.replace('jump want_', '')}`) ? [link] : [];
  });
}

function pinsOf(table: NftTable, slot: string, address: string): (string | undefined)[] {
  if (rulesOf(table, `pick_${slot}`)[0] !== 'ip saddr vmap @gateway') return [];
  const pin = lookUp(table, 'gateway', address);
  if (pin !== undefined) return [pin];
  const turns = table.sets.find(({ name }) => name === `spread_${slot}`)?.elements ?? [];
  return [...new Set(turns.map(({ value }) => value))];
}

function deviceOf(host: NamespaceState, table: NftTable, pin: string | undefined): string | undefined {
  const mark = Number(pin?.replace('goto pin_', ''));
  const action = lookUp(table, 'act', `0x${mark.toString(16).padStart(8, '0')}`);
  const carrier = Number(action?.match(/goto (?:via|moved)_(\d+)$/)?.[1]);
  const rule = host.rules.find((other) => other.mark === carrier);
  const route = host.routes.find((other) => other.table === rule?.table && other.destination === 'default' && other.metric === 0);
  const device = route?.kind === 'device' ? route.device : undefined;
  const link = host.links.find(({ name }) => name === device);
  return link?.kind === 'wireguard' && link.isUp && link.peers.length === 1 && rp(host, link.name) ? link.name : undefined;
}

function rp({ sysctls }: NamespaceState, device: string): boolean {
  return sysctls.some(({ key, value }) => key === `net.ipv4.conf.${device}.rp_filter` && value === '2');
}

/** The value of an element, or its key in a set. */
function lookUp({ sets }: NftTable, set: string, key: string): string | undefined {
  const element = sets.find(({ name }) => name === set)?.elements.find((other) => other.key === key);
  return element && (element.value ?? element.key);
}

function rulesOf({ chains }: NftTable, chain: string): readonly string[] {
  return chains.find(({ name }) => name === chain)?.rules ?? [];
}
