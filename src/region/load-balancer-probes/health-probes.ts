import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../base/log.ts';
import { type ProbeTarget, targetKey } from './desired-probes.ts';
import { type Health, healthAfter, presumedHealth, unknownHealth } from './health.ts';

export interface HealthProbes {
  /** Asks these members from now on, and no others. What is known of those that stay is kept. */
  follow(targets: readonly ProbeTarget[]): void;
  isUp(probeId: string, address: string): boolean;
  stop(): Promise<void>;
}

interface HealthProbesOptions {
  /** One question: whether the member answered. Never throws but for the signal. */
  readonly ask: (target: ProbeTarget, signal: AbortSignal) => Promise<boolean>;
  /** A member came up or went down. */
  readonly onChange: () => void;
  readonly log: Logger;
}

interface Followed {
  readonly target: ProbeTarget;
  health: Health;
  readonly stopping: AbortController;
}

/** Azure's limit for one question. */
const longestQuestionMs = 30_000;

/**
 * The health probes of all load balancers: one question per member, probe and interval. Whoever is there at the first `follow` counts as
 * up until it says otherwise: a restart of the region must not take members out that have been answering all the time.
 */
export function createHealthProbes({ ask, onChange, log }: HealthProbesOptions): HealthProbes {
  const followed = new Map<string, Followed>();
  const running = new Set<Promise<void>>();
  let hasFollowed = false;

  async function run(one: Followed): Promise<void> {
    const { target, stopping } = one;
    const { signal } = stopping;
    while (!signal.aborted) {
      const limit = AbortSignal.timeout(Math.min(target.intervalMs, longestQuestionMs));
      const hasAnswered = await ask(target, AbortSignal.any([signal, limit])).catch(() => false);
      if (signal.aborted) return;
      const before = one.health;
      one.health = healthAfter(before, hasAnswered, target.threshold);
      if (before.isUp !== one.health.isUp) {
        log.info({ probe: target.probeId, address: target.address, isUp: one.health.isUp }, 'member of a load balancer changed');
        onChange();
      }
      await sleep(target.intervalMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  function begin(key: string, target: ProbeTarget, health: Health): void {
    const one: Followed = { target, health, stopping: new AbortController() };
    followed.set(key, one);
    const work = run(one);
    running.add(work);
    void work.finally(() => running.delete(work));
  }

  return {
    follow(targets) {
      const wanted = new Map(targets.map((target) => [targetKey(target.probeId, target.address), target]));
      for (const [key, { stopping }] of followed) {
        if (wanted.has(key)) continue;
        stopping.abort();
        followed.delete(key);
      }
      for (const [key, target] of wanted) {
        const old = followed.get(key);
        if (old !== undefined && isDeepStrictEqual(old.target, target)) continue;
        old?.stopping.abort();
        begin(key, target, old?.health ?? (hasFollowed ? unknownHealth : presumedHealth));
      }
      hasFollowed = true;
    },
    isUp: (probeId, address) => followed.get(targetKey(probeId, address))?.health.isUp ?? !hasFollowed,
    async stop() {
      for (const { stopping } of followed.values()) stopping.abort();
      await Promise.all(running);
    },
  };
}
