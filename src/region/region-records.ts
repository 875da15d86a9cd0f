import { join } from 'node:path';
import { type ClientSecrets, createClientSecrets } from './arm/client-secrets.ts';
import { openDatabase, type RegionDatabase } from './arm/database.ts';
import { createPrincipalRegistry, type PrincipalRegistry } from './arm/principals.ts';
import { createResourceStore, type ResourceStore } from './arm/store.ts';
import { createTokenIssuer, type TokenIssuer } from './arm/tokens.ts';
import { type Authorization, openAuthorization } from './authorization/authorization.ts';
import { createFaultStore, type FaultStore } from './faults/fault-store.ts';
import { type Installation, openInstallation } from './installation.ts';
import { createScheduledEvents, type ScheduledEvents } from './metadata-service/scheduled-events.ts';
import { openRequestLog, type RequestLog } from './request-log/request-log.ts';
import type { RegionSettings } from './settings.ts';
import { createFeatureFlags, type FeatureFlags } from './subscription/feature-flags.ts';

/** What a region keeps, and who keeps it. */
export interface RegionRecords {
  readonly database: RegionDatabase;
  readonly installation: Installation;
  readonly principals: PrincipalRegistry;
  readonly secrets: ClientSecrets;
  readonly authorization: Authorization;
  readonly tokens: TokenIssuer;
  readonly store: ResourceStore;
  readonly features: FeatureFlags;
  readonly faults: FaultStore;
  readonly scheduledEvents: ScheduledEvents;
  readonly requests: RequestLog;
}

interface RecordOptions {
  readonly stateDir: string;
  readonly settings: RegionSettings;
  readonly now: () => Date;
  /** Default: the SQLite file. */
  readonly open?: ((path: string) => Promise<RegionDatabase>) | undefined;
}

/** Opens what is in `region/` below the state directory; what is not there yet is made. */
export async function openRecords({ stateDir, settings, now, open = openDatabase }: RecordOptions): Promise<RegionRecords> {
  const directory = join(stateDir, 'region');
  const database = await open(join(directory, 'region.sqlite'));
  const principals = createPrincipalRegistry(database);
  const installation = await openInstallation({ directory, database, principals, serverNames: settings.serverNames });
  const { tenantId, signingKey: key } = installation;
  const store = createResourceStore(database);
  return {
    database,
    installation,
    principals,
    secrets: createClientSecrets(database, now),
    authorization: openAuthorization({ database, installation, now }),
    tokens: await createTokenIssuer({ key, tenantId, lifetimeSeconds: settings.tokenLifetimeSeconds, now }),
    store,
    features: createFeatureFlags({ database, defaults: settings.featureFlags, now }),
    faults: createFaultStore(database),
    scheduledEvents: createScheduledEvents({ database, view: store, now }),
    requests: openRequestLog(join(directory, 'requests.jsonl')),
  };
}
