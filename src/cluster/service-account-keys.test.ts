import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import { ensureServiceAccountKeys, serviceAccountJwk } from './service-account-keys.ts';

test('the published key verifies what the kept key signs', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'segw-keys-'));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'serviceAccount.key');
  await ensureServiceAccountKeys(path);
  const { publicKeyPem, privateKeyPem } = await ensureServiceAccountKeys(path);
  const jwk = serviceAccountJwk(publicKeyPem);
  const token = await new SignJWT({ sub: 'system:serviceaccount:default:default' })
    .setProtectedHeader({ alg: 'RS256', kid: jwk.kid ?? '' })
    .sign(createPrivateKey(privateKeyPem.reveal()));
  const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [jwk] }));
  assert.equal(payload.sub, 'system:serviceaccount:default:default');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});
