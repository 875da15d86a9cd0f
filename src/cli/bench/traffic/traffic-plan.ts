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

/** Times: milliseconds since the epoch, with fractions, of the clock that all processes of the host share. */
export interface TrafficReport {
  readonly udp: readonly UdpFlowReport[];
  readonly tcp: readonly TcpFlowReport[];
  readonly connections: readonly ConnectionReport[];
}

export interface UdpFlowReport {
  readonly sent: number;
  /** When each answer came, in order of arrival. */
  readonly answeredMs: readonly number[];
}

export interface TcpFlowReport {
  readonly kind: TcpFlowKind;
  /** When and how it ended by itself; undefined: it lived until the client stopped. */
  readonly ended?: { readonly atMs: number; readonly how: string } | undefined;
}

export interface ConnectionReport {
  readonly startedMs: number;
  readonly endedMs: number;
  /** `answered`, or the error's name (`ECONNRESET`, `ECONNREFUSED`, `ETIMEDOUT`, ...). */
  readonly outcome: string;
}

/** The clock of the reports. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}
