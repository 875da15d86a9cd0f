import { gatewayStatusKind } from '../api/gateway-status.ts';
import { systemNamespace } from '../api/names.ts';
import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import type { KubeClient } from '../kube/client.ts';
import { pause, systemClock, withLimit, type Clock } from '../kube/clock.ts';
import { nodeKind, whyHeld, whyNotServing, type NodeFacts } from './node-release.ts';

export interface GatewayGuardOptions {
  readonly client: Pick<KubeClient, 'find'>;
  readonly nodeName: string;
  readonly clock?: Clock;
  readonly log: Logger;
}

/** Stands for a gateway among the pods that a drain evicts: the gateway's own pods, as those of every DaemonSet, stay to the end. */
export interface GatewayGuard {
  /** Why the gateway does not serve, in a line; `undefined`: it does. */
  whyNotReady(): string | undefined;
  /** Resolves when the node may go: `released`, or when `limitMs` are over. */
  release(limitMs: number): Promise<'released' | 'limit'>;
  stop(): Promise<void>;
}

const lookEveryMs = 2000;
const releaseEveryMs = 500;
const callLimitMs = 5000;

/** Follows the gateway of its node from now on. */
export function startGatewayGuard(options: GatewayGuardOptions): GatewayGuard {
  const { clock = systemClock, log } = options;
  const stopping = new AbortController();
  let why: string | undefined = 'the API server has not been heard yet';
  const look = async (): Promise<NodeFacts | undefined> => {
    try {
      const facts = await withLimit(
        clock,
        { what: 'look at the node', limitMs: callLimitMs, signal: stopping.signal },
        (signal) => readFacts(options, signal),
      );
      why = whyNotServing(facts);
      return facts;
    } catch (error) {
      if (!stopping.signal.aborted) log.warn({ error: messageOf(error) }, 'node not seen, it will be tried again');
      return undefined;
    }
  };
  const follow = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look();
      await pause(clock, lookEveryMs, stopping.signal);
    }
  };
  const running = follow();
  return {
    whyNotReady: () => why,
    async release(limitMs) {
      const untilMs = clock.nowMs() + limitMs;
      let told: string | undefined;
      while (clock.nowMs() < untilMs) {
        // Never from a cache: a cordon is a moment older than the eviction.
        const facts = await look();
        const held = facts === undefined ? 'the API server does not answer' : whyHeld(facts);
        if (held === undefined) return 'released';
        if (held !== told) log.info({ held }, 'the node is held');
        told = held;
        await pause(clock, releaseEveryMs, stopping.signal);
      }
      return 'limit';
    },
    stop: async () => {
      stopping.abort(new Error('stopped'));
      await running;
    },
  };
}

async function readFacts({ client, nodeName: name }: GatewayGuardOptions, signal: AbortSignal): Promise<NodeFacts> {
  const [node, gateway] = await Promise.all([
    client.find(nodeKind, { name }, { signal }),
    client.find(gatewayStatusKind, { namespace: systemNamespace, name }, { signal }),
  ]);
  return { node, gateway };
}
