import type { ProbeKeys } from './probe-keys.ts';
import type { Verdict } from './detector.ts';

/** A gateway to be asked how it is, from node address to node address. */
export interface ProbeTarget {
  /** The gateway's number. */
  readonly number: number;
  readonly address: string;
  readonly port: number;
  /** Of the gateway; base64. */
  readonly publicKey: string;
  /** The tunnel's device on this node: packets out of it are a sign of life. */
  readonly device: string;
  /** Numbers of the gateways that can take over for it. */
  readonly alternatives: readonly number[];
}

/** With what both sides sign. */
export interface KeyedTarget extends Omit<ProbeTarget, 'publicKey'> {
  readonly keys: ProbeKeys;
}

/** Called when a verdict has changed. */
export type OnVerdict = (number: number, verdict: Verdict) => void;

export interface Prober {
  /** Who is probed from now on. What is known of those that stay as they are is kept. */
  probe(targets: readonly ProbeTarget[]): void;
  /** `unknown` for a gateway that is not probed. */
  verdictOf(number: number): Verdict;
  stop(): Promise<void>;
}
