import { Hono } from 'hono';
import { originOf } from './origin.ts';

interface CloudOptions {
  readonly cloudName: string;
  readonly tenantId: string;
}

/** Where a cloud's services are. */
interface CloudPlaces {
  readonly name: string;
  readonly resourceManager: string;
  readonly login: string;
  readonly audiences: readonly string[];
  readonly graph: string;
  readonly suffix: string;
}

const publicHost = 'management.azure.com';

/** `/metadata/endpoints`: how `az cloud register` and the SDKs learn about a cloud. Needs no token. */
export function createCloudMetadata(options: CloudOptions): Hono {
  const app = new Hono();
  app.get('/metadata/endpoints', (c) => {
    const metadata = cloudMetadata(placesOf(originOf(c), options), options);
    // Before 2022 the answer was a list of clouds; cloud-provider-azure still asks for that one.
    return c.json((c.req.query('api-version') ?? '') >= '2022' ? metadata : [metadata]);
  });
  return app;
}

/** Asked under the public cloud's name, the region is the public cloud; otherwise everything is where the question came to. */
function placesOf(origin: string, { cloudName }: CloudOptions): CloudPlaces {
  const { hostname } = new URL(origin);
  if (hostname === publicHost)
    return {
      name: 'AzureCloud',
      resourceManager: origin,
      login: 'https://login.microsoftonline.com',
      audiences: ['https://management.core.windows.net/', 'https://management.azure.com/'],
      graph: 'https://graph.microsoft.com',
      suffix: 'windows.net',
    };
  return {
    name: cloudName,
    resourceManager: origin,
    login: origin,
    audiences: [origin],
    graph: `${origin}/graph`,
    suffix: hostname,
  };
}

function cloudMetadata(
  { name, resourceManager, login, audiences, graph, suffix }: CloudPlaces,
  { tenantId }: CloudOptions,
): object {
  return {
    name,
    portal: resourceManager,
    resourceManager,
    authentication: { loginEndpoint: login, audiences, tenant: tenantId, identityProvider: 'AAD' },
    graph,
    graphAudience: graph,
    microsoftGraphResourceId: graph,
    azmirrorStorageAccountResourceId: resourceManager,
    suffixes: { acrLoginServer: `azurecr.${suffix}`, storage: `core.${suffix}`, keyVaultDns: `vault.${suffix}` },
  };
}
