import { errors, importJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { ArmError } from './errors.ts';
import type { Principal } from './principals.ts';

/** The key that signs access tokens, as the installation keeps it: a private EC P-256 JWK with `kid`. */
export const signingKeySchema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  kid: z.string(),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});

export type SigningKey = z.infer<typeof signingKeySchema>;

export interface TokenIssuer {
  /** `audience`: what the token may be used for, without a slash at the end. */
  issue(principal: Principal, audience: string): Promise<{ readonly accessToken: string; readonly expiresInSeconds: number }>;
  /** Who the bearer is. Throws 401 with Azure's code for what is wrong. `audiences` in any case, with or without a slash at the end. */
  verify(token: string, audiences: readonly string[]): Promise<Caller>;
  /** For the keys endpoint. */
  readonly publicKeys: readonly JWK[];
}

export interface Caller {
  readonly clientId: string;
  readonly objectId: string;
}

interface TokenIssuerOptions {
  readonly key: SigningKey;
  readonly tenantId: string;
  readonly lifetimeSeconds: number;
  readonly now: () => Date;
}

const algorithm = 'ES256';

export async function createTokenIssuer({ key, tenantId, lifetimeSeconds, now }: TokenIssuerOptions): Promise<TokenIssuer> {
  const privateKey = await importJWK(key, algorithm);
  const { d: _private, ...rest } = key;
  const publicJwk = { ...rest, alg: algorithm, use: 'sig' };
  const publicKey = await importJWK(publicJwk, algorithm);
  const issuer = `https://sts.segw.internal/${tenantId}/`;
  const accepted = createAcceptedTokens();
  return {
    publicKeys: [publicJwk],
    async issue({ clientId, objectId }, audience) {
      const issuedAt = Math.floor(now().getTime() / 1000);
      const accessToken = await new SignJWT({ appid: clientId, oid: objectId, tid: tenantId, idtyp: 'app', ver: '1.0' })
        .setProtectedHeader({ alg: algorithm, kid: key.kid, typ: 'JWT' })
        .setIssuer(issuer)
        .setSubject(objectId)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign(privateKey);
      return { accessToken, expiresInSeconds: lifetimeSeconds };
    },
    async verify(token, audiences) {
      const payload = await accepted.of(token, now(), async () =>
        verifyOr401(async () =>
          jwtVerify(token, publicKey, { issuer, algorithms: [algorithm], currentDate: now(), requiredClaims: ['exp', 'aud'] }),
        ),
      );
      checkAudience(payload.aud, audiences);
      return { clientId: String(payload['appid']), objectId: String(payload['oid']) };
    },
  };
}

interface AcceptedTokens {
  of(token: string, now: Date, verify: () => Promise<JWTPayload>): Promise<JWTPayload>;
}

/** Clients use a token for an hour: its signature is looked at once. What was refused is looked at each time. */
function createAcceptedTokens(): AcceptedTokens {
  const payloads = new Map<string, JWTPayload>();
  return {
    async of(token, now, verify) {
      const known = payloads.get(token);
      if (known?.exp !== undefined && known.exp * 1000 > now.getTime()) return known;
      const payload = await verify();
      const [oldest] = payloads.keys();
      if (payloads.size >= mostAcceptedTokens && oldest !== undefined) payloads.delete(oldest);
      payloads.set(token, payload);
      return payload;
    },
  };
}

const mostAcceptedTokens = 200;

async function verifyOr401(verify: () => Promise<{ readonly payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    const { payload } = await verify();
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired)
      throw new ArmError(
        401,
        'ExpiredAuthenticationToken',
        'The access token expiry UTC time is earlier than current UTC time.',
        {
          cause: error,
        },
      );
    throw new ArmError(401, 'InvalidAuthenticationToken', 'The access token is invalid.', { cause: error });
  }
}

function checkAudience(audience: string | readonly string[] | undefined, allowed: readonly string[]): void {
  const given = [audience ?? []].flat().map(normalAudience);
  if (allowed.some((one) => given.includes(normalAudience(one)))) return;
  throw new ArmError(
    401,
    'InvalidAuthenticationTokenAudience',
    `The access token has been obtained for wrong audience or resource '${given.join(', ')}'. It should exactly match with one of the allowed audiences '${allowed.join(', ')}'.`,
  );
}

function normalAudience(audience: string): string {
  return audience.toLowerCase().replace(/\/+$/, '');
}
