import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SegwError } from '../../base/error.ts';
import { Secret } from '../../base/secret.ts';

/** A new X25519 private key in WireGuard's form: base64 of 32 bytes. */
export function generatePrivateKey(): Secret {
  return new Secret(toBase64(member(generateKeyPairSync('x25519').privateKey, 'd')));
}

/** The public key that belongs to a private one, both base64. Throws `InvalidInput`, without the value, when it is none. */
export function publicKeyOf(privateKey: Secret): string {
  return toBase64(member(createPublicKey(toPrivateKey(privateKey)), 'x'));
}

/** DER of a private key of X25519 (RFC 8410, section 7) up to its 32 bytes. */
const derPrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');

function toPrivateKey(privateKey: Secret): KeyObject {
  const bytes = Buffer.from(privateKey.reveal(), 'base64');
  if (bytes.length !== 32) throw new SegwError('InvalidInput', 'a WireGuard private key must be base64 of 32 bytes');
  return createPrivateKey({ key: Buffer.concat([derPrefix, bytes]), format: 'der', type: 'pkcs8' });
}

function member(key: KeyObject, name: 'd' | 'x'): string {
  const value = key.export({ format: 'jwk' })[name];
  if (value === undefined) throw new SegwError('Internal', `a key of X25519 without ${name}`);
  return value;
}

function toBase64(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('base64');
}
