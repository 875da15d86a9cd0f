/** The kernel's word on the connections of pods. `linux` implements it. */
export interface PodFlows {
  /** Those of the addresses that have begun a connection which goes by a gateway. */
  usingGateways(addresses: readonly string[]): ReadonlySet<string>;
}
