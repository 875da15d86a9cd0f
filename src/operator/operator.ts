import { apiGroup, systemNamespace } from '../api/names.ts';
import type { Logger } from '../base/log.ts';
import type { CloudProvider } from '../cloud/cloud-provider.ts';
import { defaultSettings, type DataplaneSettings } from '../dataplane/settings.ts';
import type { KubeClient } from '../kube/client.ts';
import { systemClock, type Clock } from '../kube/clock.ts';
import type { Reconciled } from '../kube/controller.ts';
import { startEventRecorder } from '../kube/events.ts';
import { startLeaderElection, type LeaderElectionTiming } from '../kube/leader-election.ts';
import { createLeaseStore } from '../kube/lease.ts';
import { startCaches } from './caches.ts';
import { startControllers } from './controllers.ts';
import { refuseForeignDefinitions } from './foreign-definitions.ts';
import type { ByoPrefixes } from './static-gateway-configuration/acceptance.ts';
import { recheckTimes } from './static-gateway-configuration/recheck.ts';

export interface OperatorOptions {
  readonly client: KubeClient;
  readonly provider: CloudProvider;
  /** Unique among the replicas: the pod's name. */
  readonly identity: string;
  readonly log: Logger;
  readonly byoPrefixes?: ByoPrefixes;
  readonly settings?: DataplaneSettings;
  readonly timing?: LeaderElectionTiming;
  /** After so long, what changed in the cloud behind our back is seen. Default 60 s (spec.md X6). */
  readonly recheckWithinMs?: number;
  readonly onReconciled?: (controller: string, reconciled: Reconciled) => void;
  readonly clock?: Clock;
}

export interface Operator {
  isLeading(): boolean;
  /** Ends what runs, then hands the lease back. What was cut off is taken up by whoever leads next. */
  stop(): Promise<void>;
}

/**
 * Starts the operator: it competes for the lease, and reconciles while it has it. Throws `ForeignDefinitions` where another product
 * owns kinds of our group.
 */
export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { client, identity, log, timing, clock = systemClock } = options;
  await refuseForeignDefinitions(client, AbortSignal.timeout(30_000));
  const key = { namespace: systemNamespace, name: 'segw-operator' };
  const election = startLeaderElection({
    store: createLeaseStore(client, key),
    key,
    identity,
    lead: (signal) => lead(options, signal),
    log,
    clock,
    ...(timing && { timing }),
  });
  return { isLeading: () => election.isLeading(), stop: () => election.stop() };
}

/** The leader's work: until the signal aborts. */
async function lead(options: OperatorOptions, signal: AbortSignal): Promise<void> {
  const { client, provider, identity: instance, log, onReconciled, clock = systemClock } = options;
  const { settings = defaultSettings, byoPrefixes = 'any', recheckWithinMs = 60_000 } = options;
  const recheck = recheckTimes(recheckWithinMs);
  const caches = startCaches(client, log);
  const events = startEventRecorder({ client, controller: `${apiGroup}/operator`, instance, log, clock });
  const shared = { client, provider, caches, events, settings, byoPrefixes, recheck, log, clock, onReconciled, signal };
  const controllers = startControllers(shared);
  await whenAborted(signal);
  await Promise.all(controllers.map((controller) => controller.stop()));
  await caches.stop();
  await events.stop();
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}
