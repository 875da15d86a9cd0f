import type { Hono } from 'hono';
import type { Logger } from '../base/log.ts';
import type { ArmEnv } from './arm/arm-env.ts';
import { isSameSecret } from './arm/client-secrets.ts';
import type { ResourceManager } from './arm/resource-manager.ts';
import { createArmApp } from './arm/server.ts';
import { createTokenEndpoint } from './arm/token-endpoint.ts';
import { createAuthorizationRoutes } from './authorization/authorization-routes.ts';
import { createDirectoryRoutes } from './authorization/directory-routes.ts';
import { faultRoutes } from './faults/fault-routes.ts';
import { createVersionRoutes } from './providers/aks/version-routes.ts';
import { isFederatedIdentity } from './providers/identity/federated-credentials.ts';
import type { KubernetesService } from './providers/world.ts';
import type { RunningNetwork } from './region-network.ts';
import type { RegionRecords } from './region-records.ts';
import { recordRequests } from './request-log/record-requests.ts';
import type { RegionSettings } from './settings.ts';
import { createSubscriptionSurface } from './subscription/subscription-surface.ts';

/** What can be added to the plane without touching it. */
export interface RegionExtension {
  /** Paths that need no token. */
  readonly openRoutes?: readonly Hono[];
  /** Paths that are asked before the resource types. */
  readonly routes?: readonly Hono<ArmEnv>[];
}

interface PlaneOptions {
  readonly records: RegionRecords;
  readonly settings: RegionSettings;
  readonly manager: ResourceManager;
  readonly kubernetes: KubernetesService;
  readonly network: RunningNetwork;
  readonly extension: RegionExtension;
  readonly now: () => Date;
  readonly log: Logger;
}

/** Everything that answers at the region's address: tokens, directory, what surrounds resources, and the resource types. */
export function createPlane(options: PlaneOptions): Hono<ArmEnv> {
  const { records, settings, manager, network, extension, now, log } = options;
  const { installation, principals, authorization, tokens, requests, scheduledEvents } = records;
  const { tenantId, subscriptionId } = installation;
  const surface = createSubscriptionSurface({
    table: manager.table,
    features: records.features,
    settings,
    tenantId,
    subscriptionId,
  });
  return createArmApp({
    ...settings,
    manager,
    tokens,
    tenantId,
    subscriptionId,
    openRoutes: [...surface.openRoutes, createTokens(options), createDirectory(options), ...(extension.openRoutes ?? [])],
    routes: [
      ...faultRoutes({ store: records.faults, manager, network, events: scheduledEvents, now }),
      ...surface.routes,
      createVersionRoutes(),
      createAuthorizationRoutes({ ...authorization, principals, manager, tenantId, now }),
      ...(extension.routes ?? []),
    ],
    record: recordRequests({ requests, nameOf: (clientId) => principals.find(clientId)?.displayName, now, log }),
    access: authorization.access,
    log,
  });
}

function createDirectory({ records, now }: PlaneOptions): Hono {
  const { principals, secrets, tokens, authorization, installation } = records;
  const { tenantId, subscriptionId, principal } = installation;
  const { access } = authorization;
  return createDirectoryRoutes({
    principals,
    secrets,
    tokens,
    access,
    tenantId,
    subscriptionId,
    ownObjectId: principal.objectId,
    now,
  });
}

function createTokens({ records, kubernetes, now }: PlaneOptions): Hono {
  const { principals, secrets, tokens, store, installation } = records;
  const { tenantId, principal, clientSecret } = installation;
  return createTokenEndpoint({
    tenantId,
    principals,
    tokens,
    isFederated: (credential) => principals.isFederated(credential) || isFederatedIdentity(store, principals, credential),
    isSecretOf: (clientId, given) =>
      clientId === principal.clientId ? isSameSecret(given, clientSecret) : secrets.accepts(clientId, given),
    serviceAccountKeys: async (issuer) => kubernetes.serviceAccountKeys(issuer, store),
    now,
  });
}
