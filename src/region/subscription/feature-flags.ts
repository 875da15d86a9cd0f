import { z } from 'zod';
import { definedOnly } from '../../base/defined.ts';
import type { RegionDatabase } from '../arm/database.ts';

/** The preview feature that the article registers before it enables static egress gateway. */
export const staticEgressGatewayFeature = 'Microsoft.ContainerService/StaticEgressGatewayPreview';

/** Every feature that something in the region asks for. */
const knownFeatures: readonly string[] = [staticEgressGatewayFeature];

/** In the words of Microsoft.Features. */
export type FeatureState = 'NotRegistered' | 'Registering' | 'Registered' | 'Unregistering' | 'Unregistered';

/** What an installation chose about preview features. */
export interface FeatureFlagPolicy {
  /** False: as the newer service, which asks for no flag. */
  readonly areNeeded: boolean;
  /** How long Registering and Unregistering last. */
  readonly registrationSeconds: number;
}

/** The preview features of the subscription. Names are `NAMESPACE/FEATURE`, in any case. */
export interface FeatureFlags {
  /** Names of all features, as they are spelled. */
  readonly names: readonly string[];
  /** Whether what the feature guards may be used: it is Registered, or this region needs no flags. */
  isRegistered(name: string): boolean;
  state(name: string): FeatureState;
  /** Registered at once when it is already; otherwise Registering, and Registered by itself after a while. */
  register(name: string): void;
  unregister(name: string): void;
  policy(): FeatureFlagPolicy;
  /** Kept with the installation; what is not given stays. */
  choose(policy: Partial<FeatureFlagPolicy>): void;
}

interface FeatureFlagOptions {
  readonly database: RegionDatabase;
  /** Until the installation chooses. */
  readonly defaults: FeatureFlagPolicy;
  readonly now: () => Date;
}

/** What was asked last for a feature, and when. */
interface FeatureRequest {
  readonly wanted: 'Registered' | 'Unregistered';
  readonly since: Date;
}

const requestRow = z.object({
  wanted: z.enum(['Registered', 'Unregistered']),
  since: z.iso.datetime().transform((text) => new Date(text)),
});
const policySchema = z.object({ areNeeded: z.boolean(), registrationSeconds: z.number() });
const policyRow = z.object({
  value: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(policySchema.partial()),
});

/** Keeps requests and choices in the region's database; a state is a request and the time since, so it moves on while no region runs. */
export function createFeatureFlags({ database, defaults, now }: FeatureFlagOptions): FeatureFlags {
  const requests = database.query('SELECT wanted, since FROM featureFlags WHERE name = ?', requestRow);
  const saveRequest = database.command('INSERT OR REPLACE INTO featureFlags (name, wanted, since) VALUES (?, ?, ?)');
  const policies = database.query("SELECT value FROM installation WHERE name = 'featureFlagPolicy'", policyRow);
  const savePolicy = database.command("INSERT OR REPLACE INTO installation (name, value) VALUES ('featureFlagPolicy', ?)");

  const policy = (): FeatureFlagPolicy => ({ ...defaults, ...definedOnly(policies.get()?.value ?? {}) });
  const state = (name: string): FeatureState => stateOf(requests.get(name.toLowerCase()), policy(), now());
  const ask = (name: string, wanted: FeatureRequest['wanted']): void =>
    saveRequest(name.toLowerCase(), wanted, now().toISOString());

  return {
    names: knownFeatures,
    state,
    policy,
    isRegistered: (name) => !policy().areNeeded || state(name) === 'Registered',
    register(name) {
      if (!['Registering', 'Registered'].includes(state(name))) ask(name, 'Registered');
    },
    unregister(name) {
      if (['Registering', 'Registered'].includes(state(name))) ask(name, 'Unregistered');
    },
    choose: (change) => savePolicy(JSON.stringify({ ...policies.get()?.value, ...change })),
  };
}

function stateOf(request: FeatureRequest | undefined, policy: FeatureFlagPolicy, now: Date): FeatureState {
  if (request === undefined) return 'NotRegistered';
  const isDone = now.getTime() - request.since.getTime() >= policy.registrationSeconds * 1000;
  if (isDone) return request.wanted;
  return request.wanted === 'Registered' ? 'Registering' : 'Unregistering';
}
