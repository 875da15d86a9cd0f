import { join } from 'node:path';
import type { Hono } from 'hono';
import type { KeyedCertificate } from '../base/certificates.ts';
import type { Logger } from '../base/log.ts';
import type { Secret } from '../base/secret.ts';
import { createCloudMetadata } from './arm/cloud-metadata.ts';
import { openDatabase, type RegionDatabase } from './arm/database.ts';
import { createOperationStore } from './arm/operations.ts';
import { createPrincipalRegistry } from './arm/principals.ts';
import { createResourceManager, type ResourceManager } from './arm/resource-manager.ts';
import type { Authorizer } from './arm/resource-routes.ts';
import type { ArmEnv } from './arm/arm-env.ts';
import { createArmApp } from './arm/server.ts';
import { createResourceStore } from './arm/store.ts';
import { createTokenEndpoint } from './arm/token-endpoint.ts';
import { createTokenIssuer, type TokenIssuer } from './arm/tokens.ts';
import { openInstallation } from './installation.ts';
import type { Platform } from './platform.ts';
import { createKubernetesService } from './providers/kubernetes-service.ts';
import { createProviders } from './providers/table.ts';
import type { RegionWorld } from './providers/world.ts';
import { createRegionNetwork } from './region-network.ts';
import { defaultRegionSettings, type RegionSettings } from './settings.ts';

export interface RegionOptions {
  /** The region keeps everything in `region/` below it. */
  readonly stateDir: string;
  readonly settings?: Partial<RegionSettings>;
  readonly platform: Platform;
  readonly log: Logger;
  readonly clock?: () => Date;
  readonly extension?: RegionExtension;
}

/** What can be added to the plane without touching it: feature flags, role assignments, a directory. */
export interface RegionExtension {
  /** Asked before every read, write, deletion and action; throws 403. */
  readonly authorize?: Authorizer;
  /** Paths that need no token. */
  readonly openRoutes?: readonly Hono[];
  /** Paths that are asked before the resource types. */
  readonly routes?: readonly Hono<ArmEnv>[];
}

export interface RegionCredentials {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly clientId: string;
  /** What role assignments name. */
  readonly objectId: string;
  readonly clientSecret: Secret;
  /** The authority that clients have to trust: PEM, and the file that holds it. */
  readonly authorityPem: string;
  readonly authorityFile: string;
}

export interface Region {
  /** Serve it over TLS with `certificate`, on as many sockets as there are ways to it. */
  readonly app: Hono<ArmEnv>;
  readonly certificate: KeyedCertificate;
  readonly credentials: RegionCredentials;
  readonly manager: ResourceManager;
  readonly tokens: TokenIssuer;
  readonly world: RegionWorld;
  /** Carries the stored network, takes up interrupted operations, boots what should be running. */
  start(): Promise<void>;
  /** Leaves operations where they are; the next `start` takes them up. */
  stop(): Promise<void>;
}

/** Opens the region of this state directory; a new one is made. Nothing runs before `start`. */
export async function createRegion(options: RegionOptions): Promise<Region> {
  const { stateDir, platform, log, clock: now = () => new Date(), extension = {} } = options;
  const settings: RegionSettings = { ...defaultRegionSettings, ...options.settings };
  const directory = join(stateDir, 'region');
  const database = await openDatabase(join(directory, 'region.sqlite'));
  const principals = createPrincipalRegistry(database);
  const installation = await openInstallation({ directory, database, principals, serverNames: settings.serverNames });
  const { tenantId, subscriptionId, principal, clientSecret } = installation;
  const store = createResourceStore(database);
  const network = createRegionNetwork(store, platform.network);
  const authorityPem = installation.authority.certificatePem;
  const world: RegionWorld = { platform, settings, network, principals, subscriptionId, tenantId, authorityPem, log };
  const kubernetes = createKubernetesService(world);
  const table = createProviders(world, kubernetes);
  const manager = createResourceManager({ table, store, operations: createOperationStore(database), now, log });
  const tokens = await createTokenIssuer({
    key: installation.signingKey,
    tenantId,
    lifetimeSeconds: settings.tokenLifetimeSeconds,
    now,
  });
  const tokenEndpoint = createTokenEndpoint({
    tenantId,
    principals,
    tokens,
    secretOf: (clientId) => (clientId === principal.clientId ? clientSecret : undefined),
    serviceAccountKeys: async (issuer) => kubernetes.serviceAccountKeys(issuer, store),
    now,
  });
  const app = createArmApp({
    ...settings,
    manager,
    tokens,
    tenantId,
    subscriptionId,
    openRoutes: [createCloudMetadata({ cloudName: 'segw', tenantId }), tokenEndpoint, ...(extension.openRoutes ?? [])],
    routes: extension.routes ?? [],
    ...(extension.authorize === undefined ? {} : { authorize: extension.authorize }),
    log,
  });
  return {
    app,
    certificate: installation.server,
    credentials: {
      tenantId,
      subscriptionId,
      clientId: principal.clientId,
      objectId: principal.objectId,
      clientSecret,
      authorityPem,
      authorityFile: installation.authorityFile,
    },
    manager,
    tokens,
    world,
    ...lifecycle({ manager, world, database }),
  };
}

interface LifecycleParts {
  readonly manager: ResourceManager;
  readonly world: RegionWorld;
  readonly database: RegionDatabase;
}

function lifecycle({ manager, world, database }: LifecycleParts): Pick<Region, 'start' | 'stop'> {
  return {
    async start() {
      await world.network.apply();
      manager.start();
    },
    async stop() {
      await manager.stop();
      database.close();
    },
  };
}
