import { Hono } from 'hono';
import { listLocations } from '../subscription/locations.ts';
import type { AccessControl } from './access.ts';
import type { ArmEnv } from './arm-env.ts';

interface SubscriptionOptions {
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly location: string;
  readonly access: AccessControl;
}

const tenantDomain = 'segw.test';

/** `/subscriptions`, one subscription, its locations, and `/tenants`. */
export function createSubscriptionRoutes({ subscriptionId, tenantId, location, access }: SubscriptionOptions): Hono<ArmEnv> {
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
  const locations = listLocations(id, location);
  app.get('/tenants', (c) =>
    c.json({
      value: [
        {
          id: `/tenants/${tenantId}`,
          tenantId,
          displayName: 'Local region',
          defaultDomain: tenantDomain,
          domains: [tenantDomain],
          tenantCategory: 'Home',
          tenantType: 'AAD',
        },
      ],
    }),
  );
  app.get('/subscriptions', (c) => c.json({ value: access.hasRole(c.get('caller')) ? [subscription] : [] }));
  app.get('/subscriptions/:subscriptionId', (c) => c.json(subscription));
  app.get('/subscriptions/:subscriptionId/locations', (c) => c.json({ value: locations }));
  return app;
}
