import type { Address, Link, Neighbour, Route, Rule, Sysctl, WgPeer } from './host-state.ts';
import type { NftTransaction } from './nft/transaction.ts';
import type { SettledPod } from './pod-way.ts';

/**
 * One kernel transaction: it happens as a whole or not at all. `ensure` and `remove` may be repeated: what is there already, or gone
 * already, is no error. Of the nft transactions only a rewrite may: the others fail when the table is not as was thought.
 */
export type Step = { readonly namespace: string } & Deed;

/** A step in a namespace still to be named. */
export type Deed = NamespaceStep | NftStep | LinkStep | ObjectStep | FlowStep;

type NamespaceStep = { readonly kind: 'ensure-namespace' } | { readonly kind: 'remove-namespace' };

/** For tables with a row per kind. */
export type StepByKind = { readonly [Kind in Step['kind']]: Extract<Step, { kind: Kind }> };

interface NftStep {
  readonly kind: 'nft';
  readonly transaction: NftTransaction;
}

type LinkStep =
  /** Makes the link (a veth pair: both ends) under its final name, in place, down, and configures nothing. */
  | { readonly kind: 'create-link'; readonly link: Link }
  | { readonly kind: 'remove-link'; readonly name: string }
  | { readonly kind: 'set-link'; readonly name: string; readonly mtu: number; readonly isUp: boolean }
  | WireguardStep;

/** Sets the device's key and port; takes peers away, then adds or changes others, in one message. Sessions of the rest live on. */
export interface WireguardStep {
  readonly kind: 'configure-wireguard';
  readonly device: string;
  /** The host finds the private key by its public one. */
  readonly publicKey: string;
  readonly listenPort: number;
  readonly removedPeers: readonly string[];
  readonly peers: readonly WgPeer[];
}

type ObjectStep =
  | { readonly kind: 'ensure-sysctl'; readonly sysctl: Sysctl }
  | { readonly kind: 'ensure-address'; readonly address: Address }
  | { readonly kind: 'remove-address'; readonly address: Address }
  | { readonly kind: 'ensure-neighbour'; readonly neighbour: Neighbour }
  | { readonly kind: 'remove-neighbour'; readonly neighbour: Neighbour }
  /** Replaces the route with the same table, destination and metric. */
  | { readonly kind: 'ensure-route'; readonly route: Route }
  | { readonly kind: 'remove-route'; readonly route: Route }
  | { readonly kind: 'ensure-rule'; readonly rule: Rule }
  | { readonly kind: 'remove-rule'; readonly rule: Rule };

type FlowStep =
  /** Deletes conntrack entries. */
  | { readonly kind: 'forget-flows'; readonly flows: FlowFilter }
  /** Wakes the pod's end of TCP connections, so that it learns at once what became of them. Not in anybody's critical path. */
  | { readonly kind: 'kick'; readonly flows: FlowFilter }
  /**
   * Of what these pods have begun, what contradicts their ways (`contradicts`) ends: TCP is kicked, and the rules refuse it; everything
   * else is deleted, and begins anew with its next packet. The rest is left alone.
   */
  | { readonly kind: 'settle-flows'; readonly markMask: number; readonly pods: readonly SettledPod[] };

/** Conntrack entries that match all of the given. */
export interface FlowFilter {
  /** Source of the original direction: a pod's address, or a label on a gateway. */
  readonly source?: string;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly protocols: 'all' | 'tcp' | 'other-than-tcp';
}
