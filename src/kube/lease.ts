import { messageOf } from '../base/error.ts';
import type { Logger } from '../base/log.ts';
import { isError } from './api-error.ts';
import type { CallOptions, KubeClient } from './client.ts';
import { pause, systemClock, withLimit, type Clock } from './clock.ts';
import type { KubeObject, ObjectKey, OwnerReference } from './object.ts';
import type { ResourceKind } from './resource.ts';

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

export const leaseKind: ResourceKind<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** Where one lease is kept. `create` throws `AlreadyExists`, `update` throws `Conflict`, if somebody was faster. */
export interface LeaseStore {
  find(options: CallOptions): Promise<Lease | undefined>;
  create(lease: Lease, options: CallOptions): Promise<Lease>;
  update(lease: Lease, options: CallOptions): Promise<Lease>;
}

export function createLeaseStore(client: KubeClient, key: ObjectKey): LeaseStore {
  return {
    find: (options) => client.find(leaseKind, key, options),
    create: (lease, options) => client.create(leaseKind, lease, options),
    update: (lease, options) => client.update(leaseKind, lease, options),
  };
}

/** `metav1.MicroTime`: RFC 3339 with six digits. */
export function toMicroTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}

export interface HeartbeatOptions {
  readonly client: KubeClient;
  readonly key: ObjectKey & { readonly namespace: string };
  readonly holderIdentity: string;
  /** Whoever watches takes the holder for dead so long after the last renewal. It is renewed four times as often. */
  readonly durationSeconds: number;
  /** With the owner, the lease goes. */
  readonly owner?: OwnerReference;
  readonly log: Logger;
  readonly clock?: Clock;
}

/** Renews a lease until `stop`: the holder is alive. A failure is logged and does not end it. The lease stays behind. */
export function startHeartbeat(options: HeartbeatOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = beatForEver(options, stopping.signal);
  return {
    stop: async () => {
      stopping.abort(new Error('the heartbeat was stopped'));
      await running;
    },
  };
}

async function beatForEver(options: HeartbeatOptions, signal: AbortSignal): Promise<void> {
  const { clock = systemClock, durationSeconds, log, key } = options;
  const intervalMs = (durationSeconds * 1000) / 4;
  while (!signal.aborted) {
    try {
      await withLimit(clock, { what: `renew lease ${key.name}`, limitMs: intervalMs, signal }, (limited) =>
        beat(options, limited),
      );
    } catch (error) {
      if (!signal.aborted) log.warn({ lease: key.name, error: messageOf(error) }, 'lease not renewed');
    }
    await pause(clock, intervalMs, signal);
  }
}

async function beat(
  { client, key, holderIdentity, durationSeconds, owner, clock = systemClock }: HeartbeatOptions,
  signal: AbortSignal,
): Promise<void> {
  const spec: LeaseSpec = { holderIdentity, leaseDurationSeconds: durationSeconds, renewTime: toMicroTime(clock.wallTime()) };
  try {
    await client.patch(leaseKind, key, { spec }, { signal });
  } catch (error) {
    if (!isError(error, 'NotFound')) throw error;
    await client.create(leaseKind, { metadata: { ...key, ...(owner && { ownerReferences: [owner] }) }, spec }, { signal });
  }
}

/**
 * Who is alive, judged by when *we* saw each lease change last: the clocks of two machines are never compared. Pure. A holder that
 * was never seen counts as alive for one duration after the first look at its lease.
 */
export class LeaseObserver {
  readonly #seen = new Map<
    string,
    { readonly renewTime: string | undefined; readonly atMs: number; readonly durationMs: number }
  >();

  observe(name: string, { renewTime, leaseDurationSeconds = 0 }: LeaseSpec, nowMs: number): void {
    const seen = this.#seen.get(name);
    if (seen?.renewTime === renewTime && seen !== undefined) return;
    this.#seen.set(name, { renewTime, atMs: nowMs, durationMs: leaseDurationSeconds * 1000 });
  }

  forget(name: string): void {
    this.#seen.delete(name);
  }

  isAlive(name: string, nowMs: number): boolean {
    return nowMs < (this.expiresAtMs(name) ?? Number.NEGATIVE_INFINITY);
  }

  /** When `name` counts as dead unless it renews; `undefined`: it has no lease. */
  expiresAtMs(name: string): number | undefined {
    const seen = this.#seen.get(name);
    return seen && seen.atMs + seen.durationMs;
  }
}
