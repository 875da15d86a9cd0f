import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { openDatabase } from './database.ts';
import { createPrincipalRegistry } from './principals.ts';
import { createTokenEndpoint } from './token-endpoint.ts';

const issuer = 'https://issuer.example';
const subject = 'system:serviceaccount:segw:operator';
const audience = 'api://AzureADTokenExchange';
const cluster = await generateKeyPair('RS256', { extractable: true });
const stranger = await generateKeyPair('RS256');

const principals = createPrincipalRegistry(await openDatabase(':memory:'));
const { clientId } = principals.ensure('operator');
principals.federate({ clientId, issuer, subject });

const endpoint = createTokenEndpoint({
  tenantId: 'tenant',
  principals,
  tokens: {
    issue: async (principal, forAudience) => ({
      accessToken: `${principal.displayName} for ${forAudience}`,
      expiresInSeconds: 60,
    }),
    verify: async () => ({ clientId: '', objectId: '' }),
    publicKeys: [],
  },
  isFederated: (credential) => principals.isFederated(credential),
  isSecretOf: () => false,
  serviceAccountKeys: async (iss) => (iss === issuer ? [{ ...(await exportJWK(cluster.publicKey)), kid: 'k' }] : []),
  now: () => new Date(),
});

interface Claims {
  readonly key?: CryptoKey;
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string;
  readonly expiresIn?: string;
}

async function sign({
  key = cluster.privateKey,
  iss = issuer,
  sub = subject,
  aud = audience,
  expiresIn = '1m',
}: Claims): Promise<string> {
  const token = new SignJWT({ sub }).setProtectedHeader({ alg: 'RS256', kid: 'k' }).setIssuer(iss).setAudience(aud);
  return token.setExpirationTime(expiresIn).sign(key);
}

async function exchange(assertion: string): Promise<Response> {
  return endpoint.request('https://localhost/tenant/oauth2/v2.0/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      scope: 'https://management.azure.com/.default openid',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }),
  });
}

test('a federated service account gets a token of its principal', async () => {
  const response = await exchange(await sign({}));
  assert.equal(response.status, 200);
  assert.match(await response.text(), /"operator for https:\/\/management\.azure\.com"/);
});

const refused: readonly [why: string, claims: Claims][] = [
  ['another service account', { sub: 'system:serviceaccount:default:operator' }],
  ['another issuer', { iss: 'https://other.example' }],
  ['another audience', { aud: 'https://kubernetes.default.svc' }],
  ['a key that is not the cluster\u2019s', { key: stranger.privateKey }],
  ['an old token', { expiresIn: '-1m' }],
];
for (const [why, claims] of refused)
  test(`${why} is refused`, async () => {
    const response = await exchange(await sign(claims));
    assert.equal(response.status, 401);
    assert.match(await response.text(), /"error":"invalid_client"/);
  });

test('an assertion that is no token is refused', async () => {
  assert.equal((await exchange('nonsense')).status, 401);
});
