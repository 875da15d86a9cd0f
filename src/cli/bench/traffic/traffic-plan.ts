/** What a client does all at once, until it is told to stop. Addresses are dotted IPv4; ports are of the internet host. */
export interface TrafficPlan {
  readonly address: string;
  /** Destination ports of this client alone: the internet host counts sources by port, and so knows whose packet it sees. */
  readonly ports: TrafficPorts;
  /** Datagrams to an echo, one every `udpIntervalMs`. */
  readonly udpFlows: number;
  readonly udpIntervalMs: number;
  readonly tcpFlows: readonly TcpFlowKind[];
  /** A new connection every so often, each with one request and its answer; 0: none. */
  readonly connectionIntervalMs: number;
}

export interface TrafficPorts {
  /** TCP and UDP echo. */
  readonly echo: number;
  /** TCP: the server only sends. */
  readonly download: number;
  /** TCP: the server only receives. */
  readonly upload: number;
}

/** `idle` neither sends nor is sent anything. */
export const tcpFlowKinds = ['request-response', 'download', 'upload', 'idle'] as const;

export type TcpFlowKind = (typeof tcpFlowKinds)[number];

/** Everything at once, as the specification measures it: a datagram and a new connection every 10 ms, one connection of each kind. */
export const everyTraffic = {
  udpFlows: 1,
  udpIntervalMs: 10,
  tcpFlows: tcpFlowKinds,
  connectionIntervalMs: 10,
} as const satisfies Partial<TrafficPlan>;

/** Times: of `hostClockMs`. */
export interface TrafficReport {
  readonly udp: readonly UdpFlowReport[];
  readonly tcp: readonly TcpFlowReport[];
  readonly connections: readonly ConnectionReport[];
}

export interface UdpFlowReport {
  readonly sent: number;
  /** When each answer came, in order of arrival. */
  readonly answeredMs: readonly number[];
  /** Datagrams without an answer that were sent before one that has been answered. */
  readonly lost: number;
}

export interface TcpFlowReport {
  readonly kind: TcpFlowKind;
  /** When and how it ended by itself; undefined: it lived until the client stopped. */
  readonly ended?: { readonly atMs: number; readonly how: string } | undefined;
}

export interface ConnectionReport {
  readonly startedMs: number;
  readonly endedMs: number;
  /** `answered`, `unfinished`, or the error's name (`ECONNRESET`, `ECONNREFUSED`, `ETIMEDOUT`, ...). */
  readonly outcome: string;
}

/** The outcome of a connection that the client's end has ended. */
export const unfinished = 'unfinished';
