import { z } from 'zod';
import type { AgentPoolProperties } from './agent-pool-body.ts';
import type { Problem } from './refusal.ts';

const path = 'properties.upgradeSettings.drainTimeoutInMinutes';
/** Of Azure (az aks nodepool add --drain-timeout); 0 stands for the default. */
const mostMinutes = 1440;
const timeout = z.int().min(0).max(mostMinutes).nullish();

/**
 * How long a node of the pool may take to give its pods away, and a gateway its connections: `upgradeSettings.drainTimeoutInMinutes`, which
 * counts here for every way in which a node leaves. `otherwiseMs`: when the pool does not say.
 */
export function drainLimitMs({ upgradeSettings }: Pick<AgentPoolProperties, 'upgradeSettings'>, otherwiseMs: number): number {
  const { data } = timeout.safeParse(upgradeSettings['drainTimeoutInMinutes']);
  return data === undefined || data === null || data === 0 ? otherwiseMs : data * 60_000;
}

/** What is wrong with the time that the pool gives. */
export function drainProblem({ upgradeSettings }: Pick<AgentPoolProperties, 'upgradeSettings'>): Problem | undefined {
  if (timeout.safeParse(upgradeSettings['drainTimeoutInMinutes']).success) return undefined;
  const message = `The value of parameter ${path} is invalid: expected whole minutes, 1 to ${String(mostMinutes)}.`;
  return { code: 'InvalidParameter', message, target: path };
}
