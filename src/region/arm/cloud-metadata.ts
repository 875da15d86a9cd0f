import { Hono } from 'hono';
import { originOf } from './origin.ts';

/** `/metadata/endpoints`: how `az cloud register` and the SDKs learn about a cloud. Needs no token. */
export function createCloudMetadata({ cloudName, tenantId }: { readonly cloudName: string; readonly tenantId: string }): Hono {
  const app = new Hono();
  app.get('/metadata/endpoints', (c) => {
    const metadata = cloudMetadata(originOf(c), { cloudName, tenantId });
    // Before 2022 the answer was a list of clouds; cloud-provider-azure still asks for that one.
    return c.json((c.req.query('api-version') ?? '') >= '2022' ? metadata : [metadata]);
  });
  return app;
}

function cloudMetadata(
  origin: string,
  { cloudName, tenantId }: { readonly cloudName: string; readonly tenantId: string },
): object {
  const { hostname } = new URL(origin);
  return {
    name: cloudName,
    portal: origin,
    resourceManager: origin,
    authentication: { loginEndpoint: origin, audiences: [origin], tenant: tenantId, identityProvider: 'AAD' },
    graph: `${origin}/graph`,
    graphAudience: `${origin}/graph`,
    microsoftGraphResourceId: `${origin}/graph`,
    azmirrorStorageAccountResourceId: origin,
    suffixes: { acrLoginServer: `azurecr.${hostname}`, storage: `core.${hostname}`, keyVaultDns: `vault.${hostname}` },
  };
}
