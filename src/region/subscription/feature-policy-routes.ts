import { Hono } from 'hono';
import { z } from 'zod';
import { definedOnly } from '../../base/defined.ts';
import type { ArmEnv } from '../arm/arm-env.ts';
import { parseBody } from '../arm/errors.ts';
import { readBody } from '../arm/request-content.ts';
import type { FeatureFlags } from './feature-flags.ts';

const longestRegistrationSeconds = 3600;

const schema = z.strictObject({
  areNeeded: z.boolean().optional(),
  registrationSeconds: z.number().min(0).max(longestRegistrationSeconds).optional(),
});

/**
 * `/local/feature-flags`: GET shows what this installation chose about preview features, PUT changes the members that it names:
 * `{areNeeded?: boolean, registrationSeconds?: number}`.
 */
export function createFeaturePolicyRoutes(features: FeatureFlags): Hono<ArmEnv> {
  const app = new Hono<ArmEnv>();
  app.get('/local/feature-flags', (c) => c.json({ ...features.policy() }));
  app.put('/local/feature-flags', async (c) => {
    features.choose(definedOnly(parseBody(schema, await readBody(c))));
    return c.json({ ...features.policy() });
  });
  return app;
}
