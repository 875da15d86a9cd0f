import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientSecretCredential } from '@azure/identity';
import { createAdaptorServer } from '@hono/node-server';
import { createLogger } from '../../src/base/log.ts';
import { createRegion, type Region, type RegionOptions } from '../../src/region/region.ts';
import type { JsonObject } from '../../src/region/arm/resource.ts';
import { createMemoryPlatform, type MemoryPlatform } from './memory-platform.ts';

export interface RegionServer {
  readonly region: Region;
  readonly platform: MemoryPlatform;
  /** `https://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly stateDir: string;
  readonly subscriptionId: string;
  readonly credential: ClientSecretCredential;
  /** Options for any Azure SDK client: the endpoint, and trust in the region's authority. */
  readonly clientOptions: { readonly endpoint: string; readonly tlsOptions: { readonly ca: string } };
  token(): Promise<string>;
  /** A request with a valid token; `path` without `api-version`. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Ends the region and serves it again from the same state. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject;
}

/** Serves a region over TLS on a free loopback port, over a world in memory. */
export async function startRegionServer(options: Partial<RegionOptions> = {}): Promise<RegionServer> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'segw-region-')));
  const platform = createMemoryPlatform();
  const open = async (): Promise<Region> =>
    createRegion({
      stateDir,
      platform,
      log: createLogger('region', { level: 'silent' }),
      ...options,
      settings: { retryAfterSeconds: 0, featureFlags: { areNeeded: false, registrationSeconds: 0 }, ...options.settings },
    });
  let region = await open();
  const { certificatePem: cert, privateKeyPem: key } = region.certificate;
  const server = createAdaptorServer({
    fetch: async (request, env) => region.app.fetch(request, env),
    createServer,
    serverOptions: { cert, key: key.reveal() },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await region.start();
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const endpoint = `https://127.0.0.1:${String(address.port)}`;
  const { tenantId, clientId, clientSecret, subscriptionId, authorityPem, objectId } = region.credentials;
  const tlsOptions = { ca: authorityPem };
  const token = async (): Promise<string> =>
    (await region.tokens.issue({ clientId, objectId, displayName: '' }, 'https://management.azure.com')).accessToken;
  return {
    get region() {
      return region;
    },
    platform,
    endpoint,
    stateDir,
    subscriptionId,
    credential: new ClientSecretCredential(tenantId, clientId, clientSecret.reveal(), {
      authorityHost: endpoint,
      disableInstanceDiscovery: true,
      tlsOptions,
    }),
    clientOptions: { endpoint, tlsOptions },
    token,
    async call(method, path, body, headers = {}) {
      const separator = path.includes('?') ? '&' : '?';
      const response = await region.app.request(
        `${endpoint}${path}${path.includes('api-version=') ? '' : `${separator}api-version=2024-01-01`}`,
        {
          method,
          headers: { authorization: `Bearer ${await token()}`, ...headers },
          ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        },
      );
      const text = await response.text();
      const answer: Answer = {
        status: response.status,
        headers: response.headers,
        body: text === '' ? {} : JSON.parse(text),
      };
      return answer;
    },
    async restart() {
      await region.stop();
      region = await open();
      await region.start();
    },
    async close() {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await region.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}
