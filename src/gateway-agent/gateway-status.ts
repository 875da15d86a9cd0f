import type { GatewayState, GatewayStatus, GatewayStatusStatus } from '../api/gateway-status.ts';
import type { ProbeAnswer } from '../tunnel-probe/wire-format.ts';
import type { PlaneState } from './gateway-plane.ts';
import type { Acknowledgement } from './inputs.ts';
import type { DrainState } from './drain.ts';
import type { Trouble } from './trouble.ts';

/** What the status is made of. */
export interface StatusFacts {
  readonly plane: PlaneState;
  readonly drain: DrainState;
  readonly publicKey: string;
  /** Where the tunnels listen: `ADDRESS:PORT`. */
  readonly endpoint: string;
}

const maxMessage = 1024;
const nobody: Acknowledgement = { configurations: [], workers: [] };

/**
 * The status of this node's GatewayStatus. It names the configurations and the workers that the kernel carries now, never what is only
 * planned: a worker lets pods start because of it. `now` is for `since`: RFC 3339. Pure.
 */
export function desiredStatus({ metadata, status: before }: GatewayStatus, facts: StatusFacts, now: string): GatewayStatusStatus {
  const { plane, publicKey, endpoint } = facts;
  const { state, trouble } = stateOf(facts);
  const { configurations, workers } = (plane.isWhole ? plane.programmed?.acknowledgement : undefined) ?? nobody;
  return {
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    publicKey,
    endpoint,
    state,
    ...(trouble && { reason: trouble.reason, message: trouble.message.slice(0, maxMessage) }),
    since: before?.state === state && before.since !== undefined ? before.since : now,
    configurations,
    workers,
  };
}

/** A gateway that lacks something is NotReady also while it drains. */
function stateOf({ plane: { trouble }, drain }: StatusFacts): { readonly state: GatewayState; readonly trouble?: Trouble } {
  if (trouble !== undefined) return { state: 'NotReady', trouble };
  if (drain === undefined) return { state: 'Ready' };
  return { state: 'Draining', trouble: { reason: drain.isDrained ? 'Drained' : 'Draining', message: drain.why } };
}

/**
 * What a probe is told. `undefined`: no answer, which workers take for death within a second; given while something is missing, and
 * before the first look. A kernel that refuses a change and carries all that it carried before goes on: only `state` says so.
 */
export function probeAnswer({
  plane: { programmed, isWhole },
  drain,
}: Omit<StatusFacts, 'publicKey' | 'endpoint'>): ProbeAnswer | undefined {
  if (!isWhole) return undefined;
  if (programmed === undefined) return 'not-ready';
  return drain === undefined ? 'ready' : 'draining';
}

const cleared = { reason: null, message: null };

/** The merge patch that makes `current` equal to `desired`; `undefined` when it is. */
export function statusPatch(current: GatewayStatusStatus = {}, desired: GatewayStatusStatus): object | undefined {
  return canonical(current) === canonical(desired) ? undefined : { status: { ...cleared, ...desired } };
}

/** Members in a fixed order; lists keep theirs. */
function canonical(status: GatewayStatusStatus): string {
  return JSON.stringify(status, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
