import { toIntervals } from '../intervals.ts';
import type { WorkerInputs } from '../model.ts';
import { intervalSet, type NftSet } from '../nft/table.ts';
import type { DataplaneSettings } from '../settings.ts';
import type { SteeredSgc } from '../steering.ts';

/** Destinations that never go through a gateway, of either address family. */
export function clusterSets({ cluster }: WorkerInputs, { localNetworks, localNetworks6 }: DataplaneSettings): NftSet[] {
  const ipv4 = [...cluster.nodes, ...cluster.pods, ...cluster.services, ...localNetworks];
  const ipv6 = [...new Set([...cluster.ipv6, ...localNetworks6])].toSorted();
  return [intervalSet('cluster4', 'type ipv4_addr', toIntervals(ipv4)), intervalSet('cluster6', 'type ipv6_addr', ipv6)];
}

/** The excludeCidrs of an SGC. */
export function excludedSet({ sgc, name }: SteeredSgc): NftSet {
  return intervalSet(`cidrs_${name}`, 'type ipv4_addr', toIntervals(sgc.excludeCidrs));
}

/** Matches the destinations that a pod of this SGC reaches without its gateway, beyond the cluster's. */
export function isExcluded({ sgc, name }: SteeredSgc): string {
  const outside = sgc.defaultRoute === 'azureNetworking' ? '!= ' : '';
  return `ip daddr ${outside}@cidrs_${name}`;
}
