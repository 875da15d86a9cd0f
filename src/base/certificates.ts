import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { Secret } from './secret.ts';

/** A certificate and the key that belongs to it, both PEM; the key is PKCS #8, EC P-256. */
export interface KeyedCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: Secret;
}

export interface AuthorityRequest {
  readonly commonName: string;
  readonly days: number;
}

export interface CertificateRequest {
  /** Kubernetes: the user's name. */
  readonly commonName: string;
  /** Kubernetes: the user's groups. */
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses, mixed. A server needs at least one: clients do not read the common name. */
  readonly subjectAlternativeNames?: readonly string[];
  readonly usages: readonly ('server' | 'client')[];
  readonly days: number;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;
/** Certificates count from an hour ago: the clocks of machines differ a little. */
const clockSkewMs = 3_600_000;

const extendedKeyUsages = {
  server: x509.ExtendedKeyUsage.serverAuth,
  client: x509.ExtendedKeyUsage.clientAuth,
} as const;

/** Makes a self-signed authority that signs end certificates only (path length 0; RFC 5280). */
export async function createAuthority({ commonName, days }: AuthorityRequest): Promise<KeyedCertificate> {
  const keys = await createKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: distinguishedName(commonName, []),
      ...validity(days),
      keys,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return toKeyedCertificate(certificate, keys.privateKey);
}

/** Makes a key and a certificate for it, signed by `authority`. */
export async function issueCertificate(authority: KeyedCertificate, request: CertificateRequest): Promise<KeyedCertificate> {
  const issuer = new x509.X509Certificate(authority.certificatePem);
  const keys = await createKeys();
  const names = request.subjectAlternativeNames ?? [];
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: distinguishedName(request.commonName, request.organizations ?? []),
      issuer: issuer.subjectName,
      ...validity(request.days),
      publicKey: keys.publicKey,
      signingKey: await importPrivateKey(authority.privateKeyPem),
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(request.usages.map((usage) => extendedKeyUsages[usage])),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
        ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names.map(toGeneralName))]),
      ],
    },
    webcrypto,
  );
  return toKeyedCertificate(certificate, keys.privateKey);
}

/** When the certificate stops being valid. Throws when `certificatePem` holds none. */
export function certificateExpiry(certificatePem: string): Date {
  return new x509.X509Certificate(certificatePem).notAfter;
}

async function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function importPrivateKey(pem: Secret): Promise<CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem.reveal()), algorithm, false, ['sign']);
}

async function toKeyedCertificate(certificate: x509.X509Certificate, privateKey: CryptoKey): Promise<KeyedCertificate> {
  const key = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: new Secret(`${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`),
  };
}

function toGeneralName(name: string): { readonly type: 'dns' | 'ip'; readonly value: string } {
  return { type: isIP(name) === 0 ? 'dns' : 'ip', value: name };
}

function distinguishedName(commonName: string, organizations: readonly string[]): x509.JsonName {
  return [...organizations.map((organization) => ({ O: [organization] })), { CN: [commonName] }];
}

function validity(days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - clockSkewMs), notAfter: new Date(now + days * dayMs) };
}

/** Positive, and 127 bits of chance (RFC 5280 section 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}
