import { X509Certificate } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import {
  createAuthority,
  issueCertificate,
  type AuthorityRequest,
  type CertificateRequest,
  type KeyedCertificate,
} from '../base/certificates.ts';
import { readIfExists, writeFileAtomic } from '../base/files.ts';
import { Secret } from '../base/secret.ts';

/** The authority kept as `PATH.crt` and `PATH.key`; made when it is not there. */
export async function ensureAuthority(path: string, request: AuthorityRequest): Promise<KeyedCertificate> {
  return (await readCertificate(path)) ?? writeCertificate(path, await createAuthority(request));
}

/** The certificate kept as `PATH.crt` and `PATH.key`; issued when it is not there, not the authority's, or lacks a name of the request. */
export async function ensureCertificate(
  path: string,
  authority: KeyedCertificate,
  request: CertificateRequest,
): Promise<KeyedCertificate> {
  const kept = await readCertificate(path);
  if (kept && isFit(kept.certificatePem, authority, request)) return kept;
  return writeCertificate(path, await issueCertificate(authority, request));
}

function isFit(certificatePem: string, authority: KeyedCertificate, request: CertificateRequest): boolean {
  const certificate = new X509Certificate(certificatePem);
  const names = request.subjectAlternativeNames ?? [];
  return (
    certificate.verify(new X509Certificate(authority.certificatePem).publicKey) &&
    names.every((name) => covers(certificate, name))
  );
}

function covers(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

async function readCertificate(path: string): Promise<KeyedCertificate | undefined> {
  const [certificatePem, key] = await Promise.all([readIfExists(`${path}.crt`), readIfExists(`${path}.key`)]);
  if (certificatePem === undefined || key === undefined) return undefined;
  return { certificatePem, privateKeyPem: new Secret(key) };
}

/** The old certificate goes first and the new one comes last: an interruption never leaves one beside a key that is not its own. */
async function writeCertificate(path: string, made: KeyedCertificate): Promise<KeyedCertificate> {
  await rm(`${path}.crt`, { force: true });
  await writeFileAtomic(`${path}.key`, made.privateKeyPem.reveal(), { mode: 0o600 });
  await writeFileAtomic(`${path}.crt`, made.certificatePem, { mode: 0o600 });
  return made;
}
