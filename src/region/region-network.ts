import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { ResourceView } from './arm/resource.ts';
import { desiredNetwork } from './desired-network.ts';
import { desiredProbes } from './load-balancer-probes/desired-probes.ts';
import { createHealthProbes } from './load-balancer-probes/health-probes.ts';
import type { NetworkPlatform } from './platform.ts';
import type { RegionNetwork } from './providers/world.ts';

export interface RunningNetwork extends RegionNetwork {
  /** Ends the probes of load balancers. */
  stop(): Promise<void>;
}

/**
 * Applies the network that the store wants, then asks the members of load balancers, and applies it again when one comes or goes. At
 * most one application runs and one waits; who calls meanwhile shares the waiting one.
 */
export function createRegionNetwork(view: ResourceView, platform: NetworkPlatform, log: Logger): RunningNetwork {
  let running: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  const probes = createHealthProbes({
    ask: async (target, signal) => platform.probe(target, signal),
    onChange: () => {
      apply().catch((error: unknown) => log.warn({ error: messageOf(error) }, 'network not applied after a probe'));
    },
    log,
  });
  const applyAfter = async (before: Promise<void>): Promise<void> => {
    // The one before tells its own callers how it went.
    await Promise.allSettled([before]);
    waiting = undefined;
    await platform.apply(desiredNetwork(view, (probeId, address) => probes.isUp(probeId, address)));
    probes.follow(desiredProbes(view));
  };
  async function apply(): Promise<void> {
    if (waiting === undefined) {
      waiting = applyAfter(running);
      running = waiting;
    }
    await waiting;
  }
  return { apply, stop: async () => probes.stop() };
}
