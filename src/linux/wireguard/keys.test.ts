import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../base/secret.ts';
import { generatePrivateKey, publicKeyOf } from './keys.ts';

/** RFC 7748, section 6.1. */
const vectors: [who: string, privateKey: string, publicKey: string][] = [
  [
    'Alice',
    '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
    '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
  ],
  [
    'Bob',
    '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
    'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
  ],
];

for (const [who, privateKey, publicKey] of vectors) {
  test(`the public key of ${who} in RFC 7748`, () => {
    const secret = new Secret(Buffer.from(privateKey, 'hex').toString('base64'));
    assert.equal(Buffer.from(publicKeyOf(secret), 'base64').toString('hex'), publicKey);
  });
}

test('a new key is 32 bytes, differs each time, and prints as ***', () => {
  const [one, other] = [generatePrivateKey(), generatePrivateKey()];
  assert.equal(Buffer.from(one.reveal(), 'base64').length, 32);
  assert.notEqual(publicKeyOf(one), publicKeyOf(other));
  assert.equal(String(one), '***');
});

test('what is no key is refused without being shown', () => {
  assert.throws(
    () => publicKeyOf(new Secret('c2hvcnQ=')),
    (error) => error instanceof Error && !error.message.includes('c2hvcnQ'),
  );
});
