import { formatCidr, type Cidr } from '../../base/addresses.ts';
import { definedOnly } from '../../base/defined.ts';

import { Attributes, ipv4, u32 } from './attributes.ts';
import { findLink, getLink, linkNames } from './links.ts';
import { NLM_F, type NetlinkMessage } from './message.ts';
import type { NetlinkSocket } from './socket.ts';

/** linux/rtnetlink.h, rtm_type: the number is the place. */
const types = [
  'any',
  'unicast',
  'local',
  'broadcast',
  'anycast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
] as const;
/** rtm_scope; `any` only in deletions. */
const scopes = { universe: 0, site: 200, link: 253, host: 254, any: 255 } as const;

export type RouteType = Exclude<(typeof types)[number], 'any'>;
export type RouteScope = Exclude<keyof typeof scopes, 'any'>;

/** An IPv4 route. Absent members: the kernel's or `ip route`'s default. */
export interface Route {
  /** `0.0.0.0/0` is the default route. */
  readonly destination: Cidr;
  /** Default 254, `main`. */
  readonly table?: number;
  /** Default `unicast`. */
  readonly type?: RouteType;
  readonly device?: string;
  readonly via?: string;
  /** The next hop counts as reachable by `device`, whatever the addresses there are. */
  readonly onLink?: boolean;
  /** Default: `link` without `via`, `host` for local routes, else `universe`. */
  readonly scope?: RouteScope;
  /** The smallest wins; default 0. */
  readonly metric?: number;
  /** Who wrote it (`protocols`). Default `boot`. systemd-networkd removes all at its restart but `kernel`. */
  readonly protocol?: number;
  /** Preferred source address. */
  readonly source?: string;
}

/** linux/rtnetlink.h, rtm_protocol */
export const protocols = { kernel: 2, boot: 3, static: 4 } as const;

const mainTable = 254;

const RTM = { newRoute: 24, deleteRoute: 25, getRoute: 26 } as const;
const RTA = { destination: 1, outputInterface: 4, gateway: 5, priority: 6, preferredSource: 7, table: 15 } as const;
/** In the header: the number is in the attribute. */
const RT_TABLE_COMPAT = 252;
const RTNH_F_ONLINK = 4;
const RTM_F_CLONED = 0x200;
const AF_INET = 2;
const headerLength = 12;

type HeaderFields = Partial<Pick<Route, 'destination' | 'protocol' | 'onLink'>> & {
  readonly type?: (typeof types)[number];
  readonly scope?: keyof typeof scopes;
};

/** Each takes the place of the route with the same destination, table and metric. Throws `NotFound` when a device does not exist. */
export function replaceRoutes(socket: NetlinkSocket, routes: readonly Route[]): void {
  const indexes = indexesOf(routes, (device) => getLink(socket, device).index);
  socket.execute(
    routes.map((route) => ({
      doing: `replace route ${formatRoute(route)}`,
      type: RTM.newRoute,
      flags: NLM_F.create | NLM_F.replace,
      payload: encodeRoute({ scope: defaultScope(route), protocol: protocols.boot, type: 'unicast', ...route }, indexes),
    })),
  );
}

/** Routes, tables and devices that are gone already are fine. What a route leaves open (metric, scope, device, ...) matches anything. */
export function deleteRoutes(socket: NetlinkSocket, routes: readonly Route[]): void {
  const indexes = indexesOf(routes, (device) => findLink(socket, device)?.index);
  const present = routes.filter(({ device }) => device === undefined || indexes.get(device) !== undefined);
  socket.execute(
    present.map((route) => ({
      doing: `delete route ${formatRoute(route)}`,
      type: RTM.deleteRoute,
      payload: encodeRoute(route, indexes),
    })),
    { tolerate: ['ESRCH', 'ENODEV'] },
  );
}

/** The IPv4 routes of one table; none when there is no such table. A multipath route shows without its hops. */
export function listRoutes(socket: NetlinkSocket, { table = mainTable }: { readonly table?: number } = {}): Route[] {
  const names = linkNames(socket);
  const request = {
    doing: `list routes of table ${String(table)}`,
    type: RTM.getRoute,
    payload: [header({ scope: 'universe' }), u32(RTA.table, table)],
  };
  // ENOENT: there is no such table.
  return socket
    .dump(request, { tolerate: ['ENOENT'] })
    .filter(({ payload }) => !(payload.readUInt32LE(8) & RTM_F_CLONED))
    .map((message) => decodeRoute(message, names));
}

/** Header and attributes; `indexes` knows the route's device. Absent type, protocol and scope are the ones that match any. */
export function encodeRoute(route: Route, indexes: ReadonlyMap<string, number | undefined>): Buffer[] {
  const { destination, device, table = mainTable } = route;
  return [
    header(route),
    ipv4(RTA.destination, destination.prefixLength === 0 ? undefined : destination.address),
    ipv4(RTA.gateway, route.via),
    u32(RTA.outputInterface, device === undefined ? undefined : indexes.get(device)),
    u32(RTA.priority, route.metric),
    ipv4(RTA.preferredSource, route.source),
    u32(RTA.table, table),
  ];
}

/** Everything that the kernel reports, defaults included. `names` knows the devices by index. */
export function decodeRoute({ payload }: Pick<NetlinkMessage, 'payload'>, names: ReadonlyMap<number, string>): Route {
  const attributes = new Attributes(payload.subarray(headerLength));
  const type = types[payload.readUInt8(7)];
  return {
    destination: { address: attributes.ipv4(RTA.destination) ?? '0.0.0.0', prefixLength: payload.readUInt8(1) },
    table: attributes.u32(RTA.table) ?? payload.readUInt8(4),
    protocol: payload.readUInt8(5),
    ...definedOnly({
      type: type === 'any' ? undefined : type,
      device: names.get(attributes.u32(RTA.outputInterface) ?? 0),
      via: attributes.ipv4(RTA.gateway),
      onLink: (payload.readUInt32LE(8) & RTNH_F_ONLINK) !== 0 || undefined,
      scope: scopeOf(payload.readUInt8(6)),
      metric: attributes.u32(RTA.priority),
      source: attributes.ipv4(RTA.preferredSource),
    }),
  };
}

/** struct rtmsg */
function header({ destination, type = 'any', scope = 'any', protocol = 0, onLink = false }: HeaderFields): Buffer {
  const encoded = Buffer.alloc(headerLength);
  encoded.writeUInt8(AF_INET, 0);
  encoded.writeUInt8(destination?.prefixLength ?? 0, 1);
  encoded.writeUInt8(RT_TABLE_COMPAT, 4);
  encoded.writeUInt8(protocol, 5);
  encoded.writeUInt8(scopes[scope], 6);
  encoded.writeUInt8(types.indexOf(type), 7);
  encoded.writeUInt32LE(onLink ? RTNH_F_ONLINK : 0, 8);
  return encoded;
}

function defaultScope({ type = 'unicast', via }: Route): RouteScope {
  if (type === 'local') return 'host';
  return type === 'unicast' && via === undefined ? 'link' : 'universe';
}

function scopeOf(value: number): RouteScope | undefined {
  const names: readonly RouteScope[] = ['universe', 'site', 'link', 'host'];
  return names.find((name) => scopes[name] === value);
}

/** Each device is looked up once. */
function indexesOf<T>(routes: readonly Route[], indexOf: (device: string) => T): ReadonlyMap<string, T> {
  const devices = new Set(routes.flatMap(({ device }) => device ?? []));
  return new Map([...devices].map((device) => [device, indexOf(device)]));
}

function formatRoute({ destination, table = mainTable, type, via, device }: Route): string {
  const words = [type, formatCidr(destination), via && `via ${via}`, device && `dev ${device}`, `table ${String(table)}`];
  return words.filter(Boolean).join(' ');
}
