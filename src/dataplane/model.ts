import type { Cidr } from '../base/addresses.ts';

/** What a worker node is to carry. Everything the worker side of the dataplane knows of the world. */
export interface WorkerInputs {
  /** Bytes. */
  readonly uplinkMtu: number;
  /** Of this node, base64. The private key is known to the host alone. */
  readonly publicKey: string;
  /** The block of label addresses that this worker owns. */
  readonly block: Cidr;
  readonly cluster: ClusterNetworks;
  readonly gateways: readonly Gateway[];
  readonly sgcs: readonly Sgc[];
  readonly pods: readonly AttachedPod[];
}

/** Destinations that pods reach without a gateway: nodes, pods and services. */
export interface ClusterNetworks {
  readonly nodes: readonly Cidr[];
  readonly pods: readonly Cidr[];
  readonly services: readonly Cidr[];
  /** IPv6 networks of the cluster, as text; empty in an IPv4 cluster. */
  readonly ipv6: readonly string[];
}

/**
 * `ready` gets new connections; `draining` keeps the connections it has, and gets new ones when no ready gateway is left; `dead`
 * carries nothing.
 */
export type GatewayState = 'ready' | 'draining' | 'dead';

export interface Gateway {
  /** 1 to `lastGatewayNumber`, unique in the cluster. */
  readonly number: number;
  /** Of the node, where its WireGuard socket listens. */
  readonly address: string;
  readonly port: number;
  readonly publicKey: string;
  readonly state: GatewayState;
}

/** `perPod`: all connections of a pod by one gateway. `perConnection`: new connections take turns. */
export type Spread = 'perPod' | 'perConnection';

/** `azureNetworking`: only `excludeCidrs` go through the gateway; `staticEgressGateway`: everything else does. */
export type DefaultRoute = 'staticEgressGateway' | 'azureNetworking';

/** A StaticGatewayConfiguration, as one worker sees it. */
export interface Sgc {
  /** `namespace/name`. */
  readonly key: string;
  /** The address inside the worker's block that stands for this SGC. */
  readonly label: string;
  readonly excludeCidrs: readonly Cidr[];
  readonly defaultRoute: DefaultRoute;
  readonly spread: Spread;
  /** Numbers of the gateways that serve it, in any state. */
  readonly gateways: readonly number[];
}

/**
 * `attached`: new connections go through the gateway. `detaching`: new connections leave directly, those it has live on until
 * conntrack knows none of them any more; then the pod is left out of the inputs.
 */
export type PodPhase = 'attached' | 'detaching';

export interface AttachedPod {
  readonly uid: string;
  /** The pod's link in the node's namespace. */
  readonly veth: string;
  readonly address: string;
  /** Key of its SGC. A key that no SGC has means: guarded, with nothing but the cluster to reach. */
  readonly sgc: string;
  readonly phase: PodPhase;
}

/** What a gateway node is to carry: labels of workers, never networks. */
export interface GatewayInputs {
  readonly nodeAddress: string;
  /** Name of the link to the outside, such as `eth0`. */
  readonly uplink: string;
  /** Bytes. */
  readonly uplinkMtu: number;
  readonly publicKey: string;
  readonly egress: readonly EgressAddress[];
  readonly workers: readonly Worker[];
}

/** The secondary private address by which an SGC leaves this gateway. */
export interface EgressAddress {
  readonly sgc: string;
  readonly address: string;
}

export interface Worker {
  readonly publicKey: string;
  readonly endpoint: Endpoint;
  readonly block: Cidr;
  /** What this worker is authorised to send: addresses of its block, each for one SGC. */
  readonly labels: readonly { readonly address: string; readonly sgc: string }[];
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}
