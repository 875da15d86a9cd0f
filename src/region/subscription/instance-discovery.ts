import { Hono } from 'hono';

interface InstanceDiscoveryOptions {
  readonly tenantId: string;
  /** Names by which the region is reached besides the one of the request. */
  readonly hosts: readonly string[];
}

/** The public cloud's authority: which of its names is asked, and which names the tokens in a cache. */
const publicAuthority = {
  preferred_network: 'login.microsoftonline.com',
  preferred_cache: 'login.windows.net',
  aliases: ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'],
};

/**
 * `/{tenant}/discovery/instance`: MSAL's question whether an authority is one. Asked of our own host, and of login.microsoftonline.com
 * where that name leads to the region. Without a token.
 */
export function createInstanceDiscovery({ tenantId, hosts }: InstanceDiscoveryOptions): Hono {
  const app = new Hono();
  app.get('/:tenant/discovery/instance', (c) => {
    const asked = authorityOf(c.req.query('authorization_endpoint') ?? '');
    const known = [c.req.header('host') ?? '', ...hosts];
    if (asked === undefined || !known.some((host) => isSameHost(host, asked.url))) {
      const description = 'AADSTS50049: Unknown or invalid instance.';
      return c.json({ error: 'invalid_instance', error_description: description, error_codes: [50_049] }, 400);
    }
    const { host, origin } = asked.url;
    const own = { preferred_network: host, preferred_cache: host, aliases: [host] };
    return c.json({
      tenant_discovery_endpoint: `${origin}/${asked.tenant ?? tenantId}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: publicAuthority.aliases.includes(host) ? [publicAuthority] : [publicAuthority, own],
    });
  });
  return app;
}

interface Authority {
  readonly url: URL;
  readonly tenant: string | undefined;
}

/** `https://HOST[:PORT]/TENANT/oauth2/...` */
function authorityOf(authorizationEndpoint: string): Authority | undefined {
  const url = URL.parse(authorizationEndpoint);
  if (url?.protocol !== 'https:') return undefined;
  const [, tenant] = url.pathname.split('/');
  return { url, tenant: tenant === '' ? undefined : tenant };
}

/** A known name without a port stands for all its ports. */
function isSameHost(known: string, { host, hostname }: URL): boolean {
  return [host, hostname].includes(known.toLowerCase());
}
