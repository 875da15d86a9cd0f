import type { EgressWorker, EgressWorkerStatus } from '../api/egress-worker.ts';
import { nodeLeft } from '../api/feature.ts';
import type { GatewayStatus } from '../api/gateway-status.ts';
import { defaultSettings, workerPort } from '../dataplane/settings.ts';
import type { RegisteredPod } from './attached-pods.ts';
import { sgcKeyOf } from './attached-pods.ts';
import type { ChainState } from './chain-plugin.ts';
import { annotationProblem } from './pod-annotation.ts';

/** What the status is made of. */
export interface WorkerFacts {
  readonly publicKey: string;
  readonly nodeAddress: string;
  readonly gatewayStatuses: readonly GatewayStatus[];
  readonly pods: readonly RegisteredPod[];
  /** Keys of SGCs that an ADD or a running pod waits for, once for each. */
  readonly waiting: readonly string[];
  readonly chain: ChainState;
  /** Why annotated pods are refused or guarded, besides the chain. */
  readonly notReady: { readonly reason: string; readonly message: string } | undefined;
  /** The feature is being removed: pods are still there or not everything is off the node yet; or it is. */
  readonly removal: 'under way' | 'done' | undefined;
}

/** The status of this node's EgressWorker. `now` is for `since`: RFC 3339. */
export function desiredStatus(worker: EgressWorker, facts: WorkerFacts, now: string): EgressWorkerStatus {
  const { publicKey, nodeAddress, gatewayStatuses, chain } = facts;
  const notReady = whyNotReady(facts);
  const state = notReady ? 'NotReady' : 'Ready';
  const { status: before } = worker;
  const numbers = [...new Set(gatewayStatuses.map(({ spec }) => spec.number))].sort((a, b) => a - b);
  return {
    ...(worker.metadata.generation !== undefined && { observedGeneration: worker.metadata.generation }),
    publicKey,
    endpoints: numbers.map((gateway) => ({
      gateway,
      endpoint: `${nodeAddress}:${String(workerPort(defaultSettings, gateway))}`,
    })),
    wanted: wantedSgcs(facts),
    cniChained: chain.isChained,
    state,
    ...(notReady && { reason: notReady.reason, message: notReady.message.slice(0, maxMessage) }),
    since: before?.state === state && before.since !== undefined ? before.since : now,
  };
}

const maxMessage = 1024;

function whyNotReady({ removal, notReady, chain }: WorkerFacts): WorkerFacts['notReady'] {
  if (removal) return removals[removal];
  return notReady ?? (chain.isChained ? undefined : toNotReady(chain));
}

const removals = {
  'under way': {
    reason: 'Removing',
    message: 'The feature is being removed: pods that are attached stay guarded until they go, new ones start without it.',
  },
  done: { reason: nodeLeft, message: 'The feature is being removed: everything of it has been taken off the node.' },
} as const;

function toNotReady({ problem = 'the plugin is being chained' }: ChainState): {
  readonly reason: string;
  readonly message: string;
} {
  return { reason: 'NotChained', message: `The CNI plugin is not chained: ${problem}.` };
}

/** Every SGC that a pod of this node uses or waits for, with how many do. Guarded pods want theirs, detaching ones have connections. */
function wantedSgcs({ pods, waiting }: WorkerFacts): NonNullable<EgressWorkerStatus['wanted']> {
  const counts = new Map<string, number>();
  const used = pods.filter(usesItsSgc).map((pod) => sgcKeyOf(pod));
  for (const key of [...used, ...waiting]) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, count]) => {
      const slash = key.indexOf('/');
      return { namespace: key.slice(0, slash), name: key.slice(slash + 1), pods: count };
    });
}

/** What is no name at all must not reach the status: the API server would refuse all of it. */
function usesItsSgc({ phase, sgc }: RegisteredPod): boolean {
  return (phase === 'attached' || phase === 'guarded' || phase === 'detaching') && annotationProblem(sgc) === undefined;
}
