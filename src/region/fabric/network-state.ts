import type { Cidr } from '../../base/addresses.ts';

/**
 * Everything the fabric has to carry, computed from the store as a whole and applied as a whole: what is not in here does not
 * exist afterwards. Addresses are dotted IPv4.
 */
export interface NetworkState {
  readonly virtualNetworks: readonly VirtualNetworkState[];
}

/** One virtual network: a router with a bridge, and an uplink to the internet and to the on-premises network. */
export interface VirtualNetworkState {
  /** Short, unique, stable: names the router's namespace. `[a-z0-9]{1,12}`. */
  readonly key: string;
  readonly subnets: readonly Cidr[];
  readonly ports: readonly PortState[];
  /** Azure's route table: pod networks of nodes. */
  readonly routes: readonly { readonly destination: Cidr; readonly nextHop: string }[];
  /** 1:1 translations between a private and a public address, both ways (an instance-level public address). */
  readonly publicAddresses: readonly { readonly privateAddress: string; readonly publicAddress: string }[];
  /** Outbound rules of load balancers: these private addresses leave as `publicAddress`; replies only. */
  readonly outbound: readonly { readonly privateAddress: string; readonly publicAddress: string }[];
  /** Rules of load balancers. Absent: none. */
  readonly loadBalancing?: readonly LoadBalancingState[];
  /** Packets that get lost on purpose. Absent: none. */
  readonly losses?: readonly LinkLoss[];
}

/** New connections to `address:port` go to one of `backends`, and stay with it. Without backends they are dropped. */
export interface LoadBalancingState {
  /** Of the frontend. */
  readonly address: string;
  /** It is reached from outside; a private one from inside and from the on-premises network. */
  readonly isPublic: boolean;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly backendPort: number;
  /** Floating IP: the packet reaches the backend with `address` as its destination. Then `backendPort` is `port`. */
  readonly keepsDestination: boolean;
  /** All connections of a client go to one backend. */
  readonly byAddressOnly: boolean;
  /** Primary private addresses, sorted. */
  readonly backends: readonly string[];
}

/** Between two places, in both directions. */
export interface LinkLoss {
  readonly from: Place;
  readonly to: Place;
  /** In (0, 100]; 100 is a partition. */
  readonly percent: number;
}

/** A machine of the network, what lies outside of it, Azure's own services (names, ARM, metadata), or everything. */
export type Place = { readonly machine: string } | 'internet' | 'onprem' | 'azure' | 'any';

/** A network interface of a machine. Its machine's namespace is named after `machine`. */
export interface PortState {
  readonly machine: string;
  /** First address = the primary one, configured inside the machine; the others are only delivered to its link. */
  readonly addresses: readonly string[];
  /** Lower case, colons. */
  readonly mac: string;
  /** A powered-off machine has no link. */
  readonly isConnected: boolean;
}
