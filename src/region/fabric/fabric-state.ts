import type { Cidr } from '../../base/addresses.ts';
import type { FabricNeighbour, FabricRoute, Veth } from './kernel.ts';

/** The fabric as network namespaces: what `desiredFabric` computes and `applyFabric` makes true. */
export interface FabricState {
  readonly namespaces: readonly NamespaceState[];
}

export interface NamespaceState {
  readonly name: string;
  /**
   * `fabric`: nothing is in there but what this state says. `guest`: a machine's; it is configured once, as DHCP would, and is the
   * machine's own from then on.
   */
  readonly kind: 'fabric' | 'guest';
  /** Links that are made from this end. `peer.namespace` is a namespace's name, not yet a path. */
  readonly veths: readonly Veth[];
  readonly addresses: readonly { readonly device: string; readonly address: Cidr }[];
  readonly routes: readonly FabricRoute[];
  readonly neighbours: readonly FabricNeighbour[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** Written whenever it differs from what was written last. */
  readonly rules?: string;
  /** Written only while `name` does not exist: it holds counters that a rewrite would lose. */
  readonly lastingTable?: { readonly name: string; readonly rules: string };
}
