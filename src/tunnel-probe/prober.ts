import type { ProbeKeys } from './probe-keys.ts';
import type { ProbeTally } from './probe-tally.ts';
import type { Verdict } from './detector.ts';

/** A gateway to be asked how it is: from node address to node address, and through its tunnel. */
export interface ProbeTarget {
  /** The gateway's number. */
  readonly number: number;
  readonly address: string;
  /** Of both addresses. */
  readonly port: number;
  /** Of the gateway; base64. */
  readonly publicKey: string;
  /** The tunnel's device on this node: packets out of it are a sign of life. */
  readonly device: string;
  /** The gateway's address inside its tunnels. */
  readonly tunnelAddress: string;
  /** Numbers of the gateways that can take over for it. */
  readonly alternatives: readonly number[];
}

/** With what both sides sign. */
export interface KeyedTarget extends Omit<ProbeTarget, 'publicKey'> {
  readonly keys: ProbeKeys;
}

/** `node`: from node address to node address. `tunnel`: through the tunnel. */
export const probeWays = ['node', 'tunnel'] as const;
export type ProbeWay = (typeof probeWays)[number];

/** What became of the probes since the last report. */
export interface ProbeReport {
  readonly gateways: readonly { readonly number: number; readonly way: ProbeWay; readonly tally: ProbeTally }[];
  /** How late the prober was, once for each time it woke up. */
  readonly lateMs: readonly number[];
}

export interface ProbeObserver {
  /** A verdict has changed. `atMs`: when, by `hostClockMs`. */
  onVerdict(number: number, verdict: Verdict, atMs: number): void;
  /** The thread that probes has started, with this priority. */
  onPriority(priority: string): void;
  /** Every second. */
  onReport(report: ProbeReport): void;
}

export interface Prober {
  /** Who is probed from now on. What is known of those that stay as they are is kept. */
  probe(targets: readonly ProbeTarget[]): void;
  /** `unknown` for a gateway that is not probed. */
  verdictOf(number: number): Verdict;
  stop(): Promise<void>;
}
