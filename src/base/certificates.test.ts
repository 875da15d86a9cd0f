import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { certificateExpiry, createAuthority, issueCertificate } from './certificates.ts';

const authority = await createAuthority({ commonName: 'test authority', days: 30 });

test('an authority signs certificates that verify against it', async () => {
  const server = await issueCertificate(authority, {
    commonName: 'api',
    subjectAlternativeNames: ['localhost', 'management.azure.com', '127.0.0.1'],
    usages: ['server'],
    days: 1,
  });
  const parsed = new X509Certificate(server.certificatePem);
  const root = new X509Certificate(authority.certificatePem);
  assert.equal(root.ca, true);
  assert.equal(parsed.ca, false);
  assert.equal(parsed.verify(root.publicKey), true);
  assert.equal(parsed.checkIssued(root), true);
  assert.equal(parsed.checkPrivateKey(createPrivateKey(server.privateKeyPem.reveal())), true);
  assert.equal(parsed.checkHost('management.azure.com'), 'management.azure.com');
  assert.equal(parsed.checkIP('127.0.0.1'), '127.0.0.1');
  assert.deepEqual(parsed.keyUsage, ['1.3.6.1.5.5.7.3.1']);
});

test('organizations become groups of the subject', async () => {
  const client = await issueCertificate(authority, {
    commonName: 'system:node:a',
    organizations: ['system:nodes', 'other'],
    usages: ['client'],
    days: 1,
  });
  const subject = new X509Certificate(client.certificatePem).subject;
  assert.match(subject, /^O=system:nodes$/m);
  assert.match(subject, /^O=other$/m);
  assert.match(subject, /^CN=system:node:a$/m);
});

test('a certificate expires after the days it was asked for', () => {
  const days = (certificateExpiry(authority.certificatePem).getTime() - Date.now()) / 86_400_000;
  assert.ok(days > 29.9 && days <= 30, String(days));
});

test('the private key is not printed', () => {
  assert.doesNotMatch(inspect(authority) + JSON.stringify(authority), /PRIVATE/);
});
