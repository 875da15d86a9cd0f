import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto';
import { SegwError } from '../base/error.ts';
import type { Secret } from '../base/secret.ts';

/** The keys of one worker and one gateway: 32 bytes each, one per direction, so that no packet can be sent back as its own answer. */
export interface ProbeKeys {
  readonly probe: Uint8Array;
  readonly reply: Uint8Array;
}

const keyLength = 32;
/** DER of an X25519 key up to its 32 bytes (RFC 8410, sections 4 and 7). */
const privatePrefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b656e032100', 'hex');

/**
 * From the WireGuard keys that both sides have anyway (base64 of 32 bytes): X25519, then HKDF-SHA-256 (RFC 5869) with the version and
 * the direction as label. Both sides get the same pair. Throws `InvalidInput` for what is no key, without its value.
 */
export function deriveProbeKeys(privateKey: Secret, peerPublicKey: string): ProbeKeys {
  const shared = diffieHellman({
    privateKey: createPrivateKey({ key: der(privatePrefix, privateKey.reveal(), 'private'), format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: der(publicPrefix, peerPublicKey, 'public'), format: 'der', type: 'spki' }),
  });
  const key = (direction: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', shared, new Uint8Array(), `segw probe 1, ${direction}`, keyLength));
  return { probe: key('worker to gateway'), reply: key('gateway to worker') };
}

function der(prefix: Buffer, base64: string, what: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== keyLength) throw new SegwError('InvalidInput', `a ${what} key of WireGuard is base64 of 32 bytes`);
  return Buffer.concat([prefix, bytes]);
}
