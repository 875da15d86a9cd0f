import type { ResourceView } from './arm/resource.ts';
import { desiredNetwork } from './desired-network.ts';
import type { NetworkPlatform } from './platform.ts';
import type { RegionNetwork } from './providers/world.ts';

/** Applies the network that the store wants. At most one application runs and one waits; who calls meanwhile shares the waiting one. */
export function createRegionNetwork(view: ResourceView, platform: NetworkPlatform): RegionNetwork {
  let running: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  const applyAfter = async (before: Promise<void>): Promise<void> => {
    // The one before tells its own callers how it went.
    await Promise.allSettled([before]);
    waiting = undefined;
    await platform.apply(desiredNetwork(view));
  };
  return {
    async apply() {
      if (waiting === undefined) {
        waiting = applyAfter(running);
        running = waiting;
      }
      await waiting;
    },
  };
}
