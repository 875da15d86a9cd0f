import { createLogger } from '../../../../src/base/log.ts';
import { hostNamespace } from '../../../../src/dataplane/host-state.ts';
import { watchNetwork } from '../../../../src/linux/netlink/notifications.ts';
import { inNetns } from '../../../../src/linux/netns.ts';
import type { LinuxHost } from '../../../../src/linux/host/linux-host.ts';
import { touchesPlane } from '../../../../src/worker-agent/kernel-change.ts';
import { Plane } from '../../../../src/worker-agent/plane.ts';
import type { RigWorker } from './rig.ts';

const log = createLogger('test', { level: 'silent' });

/** What of the worker-agent keeps the kernel: its plane and its watch, with a view of the kernel of its own. */
export interface RigAgent {
  readonly plane: Plane;
  readonly host: LinuxHost;
  /** When it last finished a change of rules, routes or devices; milliseconds of `performance.now`. */
  readonly lastChangeMs: () => number;
  /** As when its process ends: the kernel stays as it is, but for tables that only this process may change. */
  kill(): Promise<void>;
}

/** From now on the lock is the agent's, until it is killed. */
export function startAgent(worker: RigWorker): RigAgent {
  worker.node.host.close();
  const host = worker.node.openHost();
  let lastChangeMs = 0;
  const plane = new Plane({
    host: {
      observe: (scope) => host.observe(scope),
      async apply(step) {
        await host.apply(step);
        if (step.namespace === hostNamespace && !step.kind.endsWith('flows')) lastChangeMs = performance.now();
      },
    },
    log,
    settings: worker.settings,
  });
  const watch = inNetns(worker.netns, () =>
    watchNetwork((changes) => {
      if (changes.some((change) => touchesPlane(change, worker.settings))) plane.repair();
    }),
  );
  return {
    plane,
    host,
    lastChangeMs: () => lastChangeMs,
    async kill() {
      watch.stop();
      await plane.stop();
      host.close();
    },
  };
}
