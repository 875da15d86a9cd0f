import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { Secret } from '../base/secret.ts';
import { deriveProbeKeys } from './probe-keys.ts';

function keyPair(): { readonly privateKey: Secret; readonly publicKey: string } {
  const { d = '', x = '' } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' });
  const base64 = (text: string): string => Buffer.from(text, 'base64url').toString('base64');
  return { privateKey: new Secret(base64(d)), publicKey: base64(x) };
}

test('worker and gateway get the same pair of keys, one per direction', () => {
  const worker = keyPair();
  const gateway = keyPair();
  const keys = deriveProbeKeys(worker.privateKey, gateway.publicKey);
  assert.deepEqual(deriveProbeKeys(gateway.privateKey, worker.publicKey), keys);
  assert.notDeepEqual(keys.probe, keys.reply);
  assert.notDeepEqual(deriveProbeKeys(keyPair().privateKey, gateway.publicKey), keys);
});

test('what is no key is refused without being quoted', () => {
  const { privateKey, publicKey } = keyPair();
  const refused = { code: 'InvalidInput', message: /^a (private|public) key of WireGuard is base64 of 32 bytes$/ };
  assert.throws(() => deriveProbeKeys(privateKey, 'secret'), refused);
  assert.throws(() => deriveProbeKeys(new Secret('secret'), publicKey), refused);
});
