import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { createLocalJWKSet, decodeJwt, type JWK, jwtVerify } from 'jose';
import { originOf } from './origin.ts';
import type { FederatedCredential, Principal, PrincipalRegistry } from './principals.ts';
import type { TokenIssuer } from './tokens.ts';

interface TokenEndpointOptions {
  readonly tenantId: string;
  readonly principals: PrincipalRegistry;
  readonly tokens: TokenIssuer;
  /** Whether the principal takes the tokens of this service account. */
  readonly isFederated: (credential: FederatedCredential) => boolean;
  readonly isSecretOf: (clientId: string, secret: string) => boolean;
  /** The public keys for service account tokens of this issuer; empty when it is not ours. */
  readonly serviceAccountKeys: (issuer: string) => Promise<readonly JWK[]>;
  readonly now: () => Date;
}

/** OAuth 2.0 error with the number that clients of Azure look for. */
class TokenError extends Error {
  readonly status: 400 | 401;
  readonly code: string;
  readonly number: number;

  constructor(status: 400 | 401, code: string, number: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.number = number;
  }
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const exchangeAudience = 'api://AzureADTokenExchange';

/**
 * Discovery, keys and tokens: `/{tenant}/v2.0/.well-known/openid-configuration`, `/{tenant}/discovery/v2.0/keys`,
 * `/{tenant}/oauth2/v2.0/token` (RFC 6749 section 4.4, RFC 7523), and the same without `v2.0`, as clients of an `adfs` tenant ask.
 */
export function createTokenEndpoint(options: TokenEndpointOptions): Hono {
  const app = new Hono();
  for (const version of ['v2.0/', ''] as const) {
    app.get(`/:tenant/${version}.well-known/openid-configuration`, (c) => c.json(discovery(c, c.req.param('tenant'), version)));
    app.get(`/:tenant/discovery/${version}keys`, (c) => c.json({ keys: options.tokens.publicKeys }));
    app.post(`/:tenant/oauth2/${version}token`, async (c) => answerToken(c, options, c.req.param('tenant')));
  }
  return app;
}

function discovery(c: Context, tenant: string, version: 'v2.0/' | ''): object {
  const base = `${originOf(c)}/${tenant}`;
  return {
    issuer: version === '' ? base : `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/${version}authorize`,
    token_endpoint: `${base}/oauth2/${version}token`,
    jwks_uri: `${base}/discovery/${version}keys`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
    grant_types_supported: ['client_credentials'],
    response_types_supported: ['code'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['ES256'],
    scopes_supported: ['openid'],
  };
}

async function answerToken(c: Context, options: TokenEndpointOptions, tenant: string): Promise<Response> {
  c.header('Cache-Control', 'no-store');
  try {
    checkTenant(tenant, options.tenantId);
    const form = new URLSearchParams(await c.req.text());
    const principal = await authenticate(form, options);
    const { accessToken, expiresInSeconds } = await options.tokens.issue(principal, audienceOf(form));
    return c.json({
      token_type: 'Bearer',
      expires_in: expiresInSeconds,
      ext_expires_in: expiresInSeconds,
      access_token: accessToken,
    });
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    const id = randomUUID();
    return c.json(
      {
        error: error.code,
        error_description: `AADSTS${String(error.number)}: ${error.message} Trace ID: ${id}`,
        error_codes: [error.number],
        timestamp: options.now().toISOString(),
        trace_id: id,
        correlation_id: c.req.header('client-request-id') ?? id,
      },
      error.status,
    );
  }
}

function checkTenant(tenant: string, tenantId: string): void {
  if ([tenantId, 'adfs', 'common', 'organizations'].includes(tenant.toLowerCase())) return;
  throw new TokenError(400, 'invalid_request', 90002, `Tenant '${tenant}' not found.`);
}

async function authenticate(form: URLSearchParams, options: TokenEndpointOptions): Promise<Principal> {
  const grant = form.get('grant_type') ?? '';
  if (grant !== 'client_credentials')
    throw new TokenError(
      400,
      'unsupported_grant_type',
      70003,
      `The grant type '${grant}' is not supported; use client_credentials.`,
    );
  const clientId = form.get('client_id') ?? '';
  const principal = options.principals.find(clientId);
  if (principal === undefined)
    throw new TokenError(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${clientId}' was not found in the directory.`,
    );
  const assertion = form.get('client_assertion');
  if (assertion !== null) await checkAssertion(assertion, { form, principal, options });
  else if (!options.isSecretOf(principal.clientId, form.get('client_secret') ?? ''))
    throw new TokenError(401, 'invalid_client', 7000215, 'Invalid client secret provided.');
  return principal;
}

interface AssertionContext {
  readonly form: URLSearchParams;
  readonly principal: Principal;
  readonly options: TokenEndpointOptions;
}

/** A token of a Kubernetes service account in place of a secret: issuer and subject must be known, the signature the cluster's. */
async function checkAssertion(assertion: string, { form, principal, options }: AssertionContext): Promise<void> {
  if (form.get('client_assertion_type') !== assertionType)
    throw new TokenError(400, 'invalid_request', 900_144, `client_assertion_type must be '${assertionType}'.`);
  const { issuer, subject } = readClaims(assertion);
  if (!options.isFederated({ clientId: principal.clientId, issuer, subject }))
    throw new TokenError(
      401,
      'invalid_client',
      700_213,
      `No matching federated identity record found for presented assertion subject '${subject}' and issuer '${issuer}'.`,
    );
  const keys = await options.serviceAccountKeys(issuer);
  try {
    await jwtVerify(assertion, createLocalJWKSet({ keys: [...keys] }), {
      issuer,
      subject,
      audience: exchangeAudience,
      algorithms: ['RS256', 'ES256'],
      currentDate: options.now(),
      requiredClaims: ['exp'],
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new TokenError(401, 'invalid_client', 700_211, `The client assertion was refused: ${reason}.`);
  }
}

function readClaims(assertion: string): { readonly issuer: string; readonly subject: string } {
  try {
    const { iss = '', sub = '' } = decodeJwt(assertion);
    return { issuer: iss, subject: sub };
  } catch {
    throw new TokenError(401, 'invalid_client', 50_027, 'The client assertion is not a JSON web token.');
  }
}

/** `scope=https://management.azure.com/.default [openid ...]`, or the older `resource=https://management.azure.com/`. */
function audienceOf(form: URLSearchParams): string {
  const scope = (form.get('scope') ?? '').split(' ').find((one) => one.endsWith('/.default'));
  const audience = scope?.slice(0, -'/.default'.length) ?? form.get('resource') ?? '';
  if (audience === '')
    throw new TokenError(
      400,
      'invalid_scope',
      70_011,
      "The value for the input parameter 'scope' is not valid: it must end in /.default.",
    );
  return audience.replace(/\/+$/, '');
}
