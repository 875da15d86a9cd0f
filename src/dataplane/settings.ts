import type { Cidr } from '../base/addresses.ts';

/**
 * Every number and name that the dataplane writes into a kernel. Both sides must run with the same values: a worker and a gateway
 * derive each other's ports and addresses from them. Source: dataplane reference, section 1.
 */
export interface DataplaneSettings {
  /** Bits of the packet mark and of the conntrack mark that are ours, always masked. A gateway's number is its mark. */
  readonly markMask: number;
  /** Mark of packets that conntrack must not see: the kick. Inside the mask, above every gateway number. */
  readonly kickMark: number;
  /** Gateway g's routes on a worker are in table `routeTableBase + g`. */
  readonly routeTableBase: number;
  /** After `local` (0), before `main` (32766). */
  readonly rulePreference: number;
  /** Metric of the `unreachable` route below the default route of each table: the highest that leaves room for others. */
  readonly unreachableMetric: number;
  /** UDP port of the device for gateway g on a worker is `workerPortBase + g`. */
  readonly workerPortBase: number;
  /** UDP port of every gateway. */
  readonly gatewayPort: number;
  /** Device for gateway g on a worker is `workerDevicePrefix + g`. */
  readonly workerDevicePrefix: string;
  readonly gatewayDevice: string;
  /** The gateway's namespace with the tunnels and the egress addresses. */
  readonly namespace: string;
  /** The veth pair between the gateway's host and its namespace: the end in the host, and the other. */
  readonly hostVeth: VethEnd;
  readonly namespaceVeth: VethEnd;
  /** Bytes that WireGuard over IPv4 or IPv6 adds to a packet. */
  readonly tunnelOverhead: number;
  /** Bytes of an IPv4 and a TCP header without options: the MSS is the tunnel's MTU less these. */
  readonly tcpHeaders: number;
  readonly keepaliveSeconds: number;
  /** Where the blocks of the workers come from. */
  readonly labelRange: Cidr;
  /** Prefix length of a worker's block. */
  readonly blockPrefixLength: number;
  /** Every gateway's address inside its tunnels. In the last block of the label range, which no worker gets. */
  readonly probeAddress: string;
  readonly probePort: number;
  readonly table: string;
  /** The guard-only table that a foreign `nft flush ruleset` cannot touch; it lives as long as the process that made it. */
  readonly lockTable: string;
  readonly hasLockTable: boolean;
  /** New connections of an SGC with spread `perConnection` take turns over this many slots; divisible by 1 to 6 gateways. */
  readonly spreadSlots: number;
  /** Destinations that never go through a gateway, whatever the cluster's networks are. */
  readonly localNetworks: readonly Cidr[];
  readonly localNetworks6: readonly string[];
}

interface VethEnd {
  readonly name: string;
  readonly mac: string;
}

export const defaultSettings: DataplaneSettings = {
  markMask: 0x7f,
  kickMark: 0x7e,
  routeTableBase: 7000,
  rulePreference: 7000,
  unreachableMetric: 4278198272,
  workerPortBase: 6100,
  gatewayPort: 6000,
  workerDevicePrefix: 'sgw',
  gatewayDevice: 'wg0',
  namespace: 'segw',
  hostVeth: { name: 'gwv', mac: '02:5e:00:00:00:01' },
  namespaceVeth: { name: 'host0', mac: '02:5e:00:00:00:02' },
  tunnelOverhead: 80,
  tcpHeaders: 40,
  keepaliveSeconds: 5,
  labelRange: { address: '100.64.0.0', prefixLength: 10 },
  blockPrefixLength: 22,
  probeAddress: '100.127.255.254',
  probePort: 6081,
  table: 'segw',
  lockTable: 'segw_lock',
  hasLockTable: true,
  spreadSlots: 60,
  localNetworks: [
    { address: '169.254.0.0', prefixLength: 16 },
    { address: '168.63.129.16', prefixLength: 32 },
    { address: '224.0.0.0', prefixLength: 4 },
  ],
  localNetworks6: ['fe80::/10', 'ff00::/8'],
};

/** The highest number that a gateway may have: two marks above it stay free, one of them for the kick. */
export function lastGatewayNumber({ kickMark }: DataplaneSettings): number {
  return kickMark - 2;
}

export function workerDevice({ workerDevicePrefix }: DataplaneSettings, gateway: number): string {
  return `${workerDevicePrefix}${String(gateway)}`;
}

export function workerPort({ workerPortBase }: DataplaneSettings, gateway: number): number {
  return workerPortBase + gateway;
}

export function routeTable({ routeTableBase }: DataplaneSettings, gateway: number): number {
  return routeTableBase + gateway;
}

export function tunnelMtu({ tunnelOverhead }: DataplaneSettings, uplinkMtu: number): number {
  return uplinkMtu - tunnelOverhead;
}
