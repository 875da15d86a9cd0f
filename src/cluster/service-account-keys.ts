import { createHash, createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { JWK } from 'jose';
import { readIfExists, writeFileAtomic } from '../base/files.ts';
import { Secret } from '../base/secret.ts';
import type { ClusterSpec } from './cluster-platform.ts';

export interface ServiceAccountKeys {
  readonly publicKeyPem: string;
  readonly privateKeyPem: Secret;
}

/** `iss` of a cluster's service account tokens: another one for each cluster, so that no cluster's tokens pass for another's. */
export function serviceAccountIssuer({ key }: Pick<ClusterSpec, 'key'>): string {
  return `https://oidc.segw.test/${key}`;
}

/** The private key kept at `path`, made when it is not there. RSA: what every verifier of such tokens knows (RS256). */
export async function ensureServiceAccountKeys(path: string): Promise<ServiceAccountKeys> {
  const kept = await readIfExists(path);
  const privateKeyPem = kept ?? (await createRsaKey());
  if (kept === undefined) await writeFileAtomic(path, privateKeyPem, { mode: 0o600 });
  const publicKeyPem = createPublicKey(privateKeyPem).export({ format: 'pem', type: 'spki' });
  return { publicKeyPem, privateKeyPem: new Secret(privateKeyPem) };
}

/** The public key as RFC 7517 has it, with the key id that kube-apiserver writes into tokens (pkg/serviceaccount/jwt.go, keyIDFromPublicKey). */
export function serviceAccountJwk(publicKeyPem: string): JWK {
  const key = createPublicKey(publicKeyPem);
  const kid = createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest('base64url');
  return { ...(key.export({ format: 'jwk' }) as JWK), use: 'sig', alg: 'RS256', kid };
}

async function createRsaKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return privateKey;
}
