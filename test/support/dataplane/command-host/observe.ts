import { z } from 'zod';
import type { Address, Link, NamespaceState, Neighbour, Route, Rule, Sysctl } from '../../../../src/dataplane/host-state.ts';
import { isDeviceOf, type NamespaceScope } from '../../../../src/dataplane/host.ts';
import { command, listIp } from './command.ts';
import type { CommandTables } from './command-tables.ts';
import type { CommandWireguard } from './command-wireguard.ts';

const linkRow = z.object({
  ifindex: z.int(),
  ifname: z.string(),
  mtu: z.int(),
  flags: z.array(z.string()),
  address: z.string().optional(),
  link_index: z.int().optional(),
  linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
});
type LinkRow = z.infer<typeof linkRow>;

/** A namespace that is there, with its links. */
export interface Place {
  readonly scope: NamespaceScope;
  readonly netns: string;
  readonly links: readonly LinkRow[];
}

export interface Observers {
  readonly tables: CommandTables;
  readonly wireguard: CommandWireguard;
  /** Of WireGuard links. */
  readonly wireguardKind: string;
}

export function openPlace(scope: NamespaceScope, netns: string): Place {
  return { scope, netns, links: listIp(netns, 'link', linkRow) };
}

export async function observePlace(place: Place, all: readonly Place[], observers: Observers): Promise<NamespaceState> {
  const { scope, netns } = place;
  const ours = place.links.filter(({ ifname }) => isDeviceOf(scope, ifname));
  const isOurs = ({ device }: { readonly device: string }) => isDeviceOf(scope, device);
  const [firstTable, lastTable] = scope.routeTables ?? [1, 0];
  const links: Link[] = [];
  for (const row of ours) links.push(await toLink({ row, place }, all, observers));
  return {
    name: scope.name,
    links,
    addresses: listAddresses(netns).filter((each) => isOurs(each) || scope.strayAddresses.includes(each.address)),
    neighbours: listNeighbours(netns).filter(isOurs),
    routes: listRoutes(netns).filter(
      (route) => (route.table >= firstTable && route.table <= lastTable) || (route.kind === 'device' && isOurs(route)),
    ),
    rules: listRules(netns).filter(({ preference }) => preference === scope.rulePreference),
    sysctls: scope.sysctls.flatMap((key) => readSysctls(netns, key, ours)),
    tables: scope.tables.flatMap((name) => observers.tables.observe(netns, name) ?? []),
  };
}

async function toLink(
  { row, place }: { row: LinkRow; place: Place },
  all: readonly Place[],
  observers: Observers,
): Promise<Link> {
  const { ifname: name, mtu, address: mac = '' } = row;
  const common = { name, mtu, isUp: row.flags.includes('UP') };
  if (row.linkinfo?.info_kind === observers.wireguardKind) {
    const device = await observers.wireguard.read(place.netns, name);
    return device ? { kind: 'wireguard', ...common, ...device } : { kind: 'foreign', ...common };
  }
  const peer = row.linkinfo?.info_kind === 'veth' ? otherEnd(row, place, all) : undefined;
  if (!peer) return { kind: 'foreign', ...common };
  if (all.indexOf(place) > all.indexOf(peer.place)) return { kind: 'veth-peer', ...common, mac };
  const { ifname, address = '' } = peer.row;
  return { kind: 'veth', ...common, mac, peer: { namespace: peer.place.scope.name, name: ifname, mac: address } };
}

/** In another namespace; each end knows the other's number. */
function otherEnd(
  row: LinkRow,
  place: Place,
  all: readonly Place[],
): { readonly row: LinkRow; readonly place: Place } | undefined {
  return all
    .filter((other) => other !== place)
    .flatMap((other) => other.links.map((peer) => ({ row: peer, place: other })))
    .find(({ row: peer }) => peer.ifindex === row.link_index && peer.link_index === row.ifindex);
}

export function listAddresses(netns: string): Address[] {
  const row = z.object({
    ifname: z.string(),
    addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.int().optional() })),
  });
  return listIp(netns, '-4 address', row).flatMap(({ ifname, addr_info: addresses }) =>
    addresses.map(({ local = '', prefixlen = 0 }) => ({ device: ifname, address: local, prefixLength: prefixlen })),
  );
}

function listNeighbours(netns: string): Neighbour[] {
  const row = z.object({ dst: z.string(), dev: z.string(), lladdr: z.string().optional() });
  const rows = listIp(netns, '-4 neighbour show nud permanent', row);
  return rows.map(({ dst, dev, lladdr = '' }) => ({ device: dev, address: dst, mac: lladdr }));
}

const namedTables: Readonly<Record<string, number>> = { default: 253, main: 254, local: 255 };

function listRoutes(netns: string): Route[] {
  const row = z.object({
    type: z.string().default('unicast'),
    dst: z.string(),
    gateway: z.string().optional(),
    dev: z.string().optional(),
    table: z.string().default('main'),
    metric: z.int().default(0),
  });
  return listIp(netns, '-4 route show table all', row)
    .filter(({ table }) => table !== 'local')
    .map(({ type, dst, gateway, dev, table, metric }) => {
      const destination = dst === 'default' || dst.includes('/') ? dst : `${dst}/32`;
      const where = { destination, table: namedTables[table] ?? Number(table), metric };
      if (type !== 'unicast' || dev === undefined) return { kind: 'unreachable', ...where };
      return { kind: 'device', ...where, device: dev, ...(gateway === undefined ? {} : { via: gateway }) };
    });
}

function listRules(netns: string): Rule[] {
  const row = z.object({
    priority: z.int(),
    fwmark: z.string().default('0'),
    fwmask: z.string().default('0xffffffff'),
    table: z.string().default('0'),
  });
  return listIp(netns, 'rule', row).map(({ priority, fwmark, fwmask, table }) => ({
    preference: priority,
    mark: Number(fwmark),
    mask: Number(fwmask),
    table: namedTables[table] ?? Number(table),
  }));
}

function readSysctls(netns: string, key: string, ours: readonly LinkRow[]): Sysctl[] {
  const keys = key.includes('*') ? ours.map(({ ifname }) => ({ key: key.replace('*', ifname), device: ifname })) : [{ key }];
  return keys.flatMap((each) => {
    const file = `/proc/sys/${each.key.split('.').join('/')}`;
    const value = command(netns, ['cat', file], { tolerate: /No such file/u }).trim();
    // A link with an MTU too small for IPv6 has none.
    if (value === '') return each.key.endsWith('.disable_ipv6') ? [{ ...each, value: '1' }] : [];
    return [{ ...each, value }];
  });
}
