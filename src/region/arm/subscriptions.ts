import { Hono } from 'hono';
import { subscriptionNotFound } from './resource-errors.ts';
import type { ArmEnv } from './arm-env.ts';

interface SubscriptionOptions {
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly location: string;
}

/** `/subscriptions`, one subscription, its locations, and `/tenants`. */
export function createSubscriptionRoutes({ subscriptionId, tenantId, location }: SubscriptionOptions): Hono<ArmEnv> {
  const app = new Hono<ArmEnv>();
  const id = `/subscriptions/${subscriptionId}`;
  const subscription = {
    id,
    subscriptionId,
    displayName: 'Local region',
    state: 'Enabled',
    tenantId,
    managedByTenants: [],
    authorizationSource: 'RoleBased',
    subscriptionPolicies: { locationPlacementId: 'Public_2014-09-01', quotaId: 'PayAsYouGo_2014-09-01', spendingLimit: 'Off' },
  };
  const regionalLocation = {
    id: `${id}/locations/${location}`,
    name: location,
    type: 'Region',
    displayName: location,
    regionalDisplayName: location,
    metadata: { regionType: 'Physical', regionCategory: 'Recommended' },
  };
  app.get('/tenants', (c) =>
    c.json({ value: [{ id: `/tenants/${tenantId}`, tenantId, displayName: 'Local region', tenantCategory: 'Home' }] }),
  );
  app.get('/subscriptions', (c) => c.json({ value: [subscription] }));
  // Everything below a subscription passes here first, so that no handler has to ask whether it exists.
  app.use('/subscriptions/:subscriptionId/*', async (c, next) => {
    const given = c.req.param('subscriptionId');
    if (given.toLowerCase() !== subscriptionId) throw subscriptionNotFound(given);
    await next();
  });
  app.get('/subscriptions/:subscriptionId', (c) => c.json(subscription));
  app.get('/subscriptions/:subscriptionId/locations', (c) => c.json({ value: [regionalLocation] }));
  return app;
}
