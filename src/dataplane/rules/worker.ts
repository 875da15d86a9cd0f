import type { WorkerInputs } from '../model.ts';
import { counter, type NftTable } from '../nft/table.ts';
import type { DataplaneSettings } from '../settings.ts';
import type { Steering } from '../steering.ts';
import { clusterSets, excludedSet } from './destinations.ts';
import { workerChains } from './worker-chains.ts';
import { gatewayMaps, podSets, spreadMaps } from './worker-sets.ts';

/** The worker's table: steers attached pods, guards them, translates them to labels. Source: dataplane reference, section 2. */
export function workerTable(inputs: WorkerInputs, steering: Steering, settings: DataplaneSettings): NftTable {
  return {
    name: settings.table,
    isOwned: false,
    counters: ['refused', 'spoof', 'rpf', 'v6', 'badsrc', 'fromtun', 'moved'].map(counter),
    sets: [
      ...clusterSets(inputs, settings),
      ...steering.sgcs.map(excludedSet),
      ...podSets(steering.pods),
      ...spreadMaps(steering.sgcs, settings),
      ...gatewayMaps(steering),
    ],
    chains: workerChains(inputs, steering, settings),
  };
}
