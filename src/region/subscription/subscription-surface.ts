import type { Hono } from 'hono';
import type { ArmEnv } from '../arm/arm-env.ts';
import { createCloudMetadata } from '../arm/cloud-metadata.ts';
import type { ProviderTable } from '../arm/provider-table.ts';
import type { RegionSettings } from '../settings.ts';
import { createExtensionIndex } from './extension-index.ts';
import type { FeatureFlags } from './feature-flags.ts';
import { createFeaturePolicyRoutes } from './feature-policy-routes.ts';
import { createFeatureRoutes } from './feature-routes.ts';
import { createInstanceDiscovery } from './instance-discovery.ts';
import { createProviderRoutes } from './provider-routes.ts';

interface SurfaceOptions {
  readonly table: ProviderTable;
  readonly features: FeatureFlags;
  readonly settings: Pick<RegionSettings, 'location' | 'serverNames'>;
  readonly tenantId: string;
  readonly subscriptionId: string;
}

/** What clients ask before and beside resources. */
interface SubscriptionSurface {
  /** Without a token: which cloud this is, whether it is an authority, extensions of az. */
  readonly openRoutes: readonly Hono[];
  /** With a token: preview features, resource providers. */
  readonly routes: readonly Hono<ArmEnv>[];
}

/** Of providers whose paths are no resources of the table. */
const untabledTypes = [
  'Microsoft.Authorization/roleAssignments',
  'Microsoft.Authorization/roleDefinitions',
  'Microsoft.Features/features',
  'Microsoft.Resources/subscriptions',
  'Microsoft.Resources/tenants',
];

export function createSubscriptionSurface(options: SurfaceOptions): SubscriptionSurface {
  const { table, features, settings, tenantId, subscriptionId } = options;
  return {
    openRoutes: [
      createCloudMetadata({ cloudName: 'segw', tenantId }),
      createExtensionIndex(),
      createInstanceDiscovery({ tenantId, hosts: ['localhost', '127.0.0.1', ...settings.serverNames] }),
    ],
    routes: [
      createFeaturePolicyRoutes(features),
      createFeatureRoutes({ features, subscriptionId }),
      createProviderRoutes({
        types: [...table.types, ...untabledTypes],
        subscriptionId,
        location: settings.location,
      }),
    ],
  };
}
