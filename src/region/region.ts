import type { Hono } from 'hono';
import type { KeyedCertificate } from '../base/certificates.ts';
import type { Logger } from '../base/log.ts';
import type { Secret } from '../base/secret.ts';
import type { RegionDatabase } from './arm/database.ts';
import { createOperationStore } from './arm/operations.ts';
import { createResourceManager, type ResourceManager } from './arm/resource-manager.ts';
import type { ArmEnv } from './arm/arm-env.ts';
import type { TokenIssuer } from './arm/tokens.ts';
import { withLinkLosses } from './faults/link-losses.ts';
import { withOperationFaults } from './faults/operation-faults.ts';
import type { Installation } from './installation.ts';
import { createMetadataService, type MetadataService } from './metadata-service/metadata-service.ts';
import type { ScheduledEvents } from './metadata-service/scheduled-events.ts';
import type { Platform } from './platform.ts';
import { createKubernetesService } from './providers/kubernetes-service.ts';
import { createProviders } from './providers/table.ts';
import type { RegionWorld } from './providers/world.ts';
import { createRegionNetwork, type RunningNetwork } from './region-network.ts';
import { createPlane, type RegionExtension } from './region-plane.ts';
import { openRecords } from './region-records.ts';
import type { RequestLog } from './request-log/request-log.ts';
import { startServiceLoadBalancers } from './service-load-balancers/service-load-balancers.ts';
import { defaultRegionSettings, type RegionSettings } from './settings.ts';

export interface RegionOptions {
  /** The region keeps everything in `region/` below it. */
  readonly stateDir: string;
  readonly settings?: Partial<RegionSettings>;
  readonly platform: Platform;
  readonly log: Logger;
  readonly clock?: () => Date;
  readonly extension?: RegionExtension;
  /** Default: the SQLite file. Tests watch what is written. */
  readonly openDatabase?: (path: string) => Promise<RegionDatabase>;
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
  /** Serve it over HTTP inside virtual networks. */
  readonly metadata: MetadataService;
  /** Maintenance that machines hear of through `metadata`. */
  readonly scheduledEvents: ScheduledEvents;
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
  const records = await openRecords({ stateDir, settings, now, open: options.openDatabase });
  const { database, installation, principals, authorization, tokens, store, features, faults, scheduledEvents, requests } =
    records;
  const { tenantId, subscriptionId } = installation;
  const network = createRegionNetwork(store, withLinkLosses(platform.network, faults), log);
  const world: RegionWorld = {
    platform,
    settings,
    network,
    principals,
    assignments: authorization.assignments,
    features,
    subscriptionId,
    tenantId,
    authorityPem: installation.authority.certificatePem,
    log,
  };
  const kubernetes = createKubernetesService(world);
  const table = withOperationFaults(createProviders(world, kubernetes), faults);
  const manager = createResourceManager({ table, store, operations: createOperationStore(database), now, log });
  return {
    app: createPlane({ records, settings, manager, kubernetes, network, extension, now, log }),
    metadata: createMetadataService({ view: store, principals, tokens, events: scheduledEvents, tenantId, now, log }),
    scheduledEvents,
    certificate: installation.server,
    credentials: credentialsOf(installation),
    manager,
    tokens,
    world,
    ...lifecycle({ manager, network, clusters: platform.clusters, database, requests, log }),
  };
}

function credentialsOf(installation: Installation): RegionCredentials {
  const { tenantId, subscriptionId, principal, clientSecret, authority, authorityFile } = installation;
  const { clientId, objectId } = principal;
  return { tenantId, subscriptionId, clientId, objectId, clientSecret, authorityPem: authority.certificatePem, authorityFile };
}

interface LifecycleParts {
  readonly manager: ResourceManager;
  readonly network: RunningNetwork;
  readonly clusters: Platform['clusters'];
  readonly log: Logger;
  readonly database: RegionDatabase;
  readonly requests: RequestLog;
}

function lifecycle(parts: LifecycleParts): Pick<Region, 'start' | 'stop'> {
  const { manager, network } = parts;
  let services: { stop(): Promise<void> } | undefined;
  return {
    async start() {
      await network.apply();
      manager.start();
      services = startServiceLoadBalancers(parts);
    },
    async stop() {
      await Promise.all([manager.stop(), network.stop(), services?.stop()]);
      parts.database.close();
      parts.requests.close();
    },
  };
}
