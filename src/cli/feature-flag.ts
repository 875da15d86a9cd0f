import { z } from 'zod';
import { pollUntil } from '../base/poll.ts';
import { callLocal } from './aks/local-request.ts';
import type { Context } from './context.ts';
import { readRegionCredentials } from './region-credentials.ts';

/** The preview feature that AKS asks for, as the article registers it. */
export const previewFeature = { namespace: 'Microsoft.ContainerService', name: 'StaticEgressGatewayPreview' } as const;

type Caller = Pick<Context, 'settings' | 'signal'>;

/** What an installation may choose about preview features; what is not given stays as it was. */
export interface FeatureFlagChoice {
  readonly areNeeded?: boolean;
  readonly registrationSeconds?: number;
}

const feature = z.object({ properties: z.object({ state: z.string() }) });
const policy = z.object({ areNeeded: z.boolean(), registrationSeconds: z.number() });

const policyPath = '/local/feature-flags';

/** Beyond what the region itself takes, before we say that something is wrong. */
const patienceMs = 30_000;

/** Asks for the registration, as `az feature register` does, unless the region needs none; true when nothing is to be waited for. */
export async function registerFeature(context: Caller): Promise<boolean> {
  const { areNeeded } = await readPolicy(context);
  if (!areNeeded) return true;
  return isDone(await callLocal(context, { method: 'POST', path: `${await featurePath(context)}/register` }));
}

/** Resolves when `az feature show` says Registered. Throws `Timeout`. */
export async function awaitFeatureRegistered(context: Caller): Promise<void> {
  const { registrationSeconds } = await readPolicy(context);
  const path = await featurePath(context);
  await pollUntil(
    `preview feature ${previewFeature.name} is Registered`,
    async () => (isDone(await callLocal(context, { method: 'GET', path })) ? true : undefined),
    { timeoutMs: registrationSeconds * 1000 + patienceMs, intervalMs: 1000, signal: context.signal },
  );
}

/** Kept with the installation. An empty choice changes nothing. */
export async function chooseFeatureFlags(context: Caller, choice: FeatureFlagChoice): Promise<void> {
  if (Object.keys(choice).length === 0) return;
  await callLocal(context, { method: 'PUT', path: policyPath, body: choice });
}

async function readPolicy(context: Caller): Promise<z.output<typeof policy>> {
  return policy.parse(await callLocal(context, { method: 'GET', path: policyPath }));
}

async function featurePath({ settings }: Caller): Promise<string> {
  const { subscriptionId } = await readRegionCredentials(settings);
  const { namespace, name } = previewFeature;
  return `/subscriptions/${subscriptionId}/providers/Microsoft.Features/providers/${namespace}/features/${name}`;
}

function isDone(answer: unknown): boolean {
  return feature.parse(answer).properties.state === 'Registered';
}
