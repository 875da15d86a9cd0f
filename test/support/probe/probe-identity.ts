import { generatePrivateKey, publicKeyOf } from '../../../src/linux/wireguard/keys.ts';
import type { KeyPair } from '../../../src/base/key-file.ts';

/** A new pair of keys in WireGuard's form. */
export function newKeyPair(): KeyPair {
  const privateKey = generatePrivateKey();
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}
