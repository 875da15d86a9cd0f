import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { certificateExpiry, createAuthority, issueCertificate, type KeyedCertificate } from '../base/certificates.ts';
import { readIfExists, writeFileAtomic } from '../base/files.ts';
import { Secret } from '../base/secret.ts';
import type { RegionDatabase } from './arm/database.ts';
import type { Principal, PrincipalRegistry } from './arm/principals.ts';
import { type SigningKey, signingKeySchema } from './arm/tokens.ts';

/** What is made once per installation and kept in its state directory. */
export interface Installation {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly principal: Principal;
  readonly clientSecret: Secret;
  readonly signingKey: SigningKey;
  readonly authority: KeyedCertificate;
  /** Where the authority's certificate lies (PEM). */
  readonly authorityFile: string;
  readonly server: KeyedCertificate;
}

interface InstallationOptions {
  /** Holds keys and secrets, each with mode 0600. */
  readonly directory: string;
  readonly database: RegionDatabase;
  readonly principals: PrincipalRegistry;
  readonly serverNames: readonly string[];
}

const authorityDays = 3650;
const serverDays = 825;
const renewBeforeMs = 30 * 86_400_000;

/** Where an installation keeps its authority's certificate (PEM). */
export function authorityFile(directory: string): string {
  return join(directory, 'ca.pem');
}

/** Reads what the installation is made of; what is not there yet is made. */
export async function openInstallation(options: InstallationOptions): Promise<Installation> {
  const { directory, database, principals } = options;
  const authority = await keepCertificate(join(directory, 'ca'), async () =>
    createAuthority({ commonName: 'segw local region', days: authorityDays }),
  );
  return {
    tenantId: keepId(database, 'tenantId'),
    subscriptionId: keepId(database, 'subscriptionId'),
    principal: principals.ensure('segw'),
    clientSecret: new Secret(await keepFile(join(directory, 'client-secret'), () => randomBytes(32).toString('base64url'))),
    signingKey: signingKeySchema.parse(JSON.parse(await keepFile(join(directory, 'token-key.json'), createSigningKey))),
    authority,
    authorityFile: authorityFile(directory),
    server: await issueServerCertificate(authority, options),
  };
}

/** Issued at each start, so that new names and an old date take effect at once; nobody pins it. */
async function issueServerCertificate(
  authority: KeyedCertificate,
  { serverNames }: InstallationOptions,
): Promise<KeyedCertificate> {
  return issueCertificate(authority, {
    commonName: 'segw local region API',
    subjectAlternativeNames: [...new Set(['localhost', '127.0.0.1', ...serverNames])],
    usages: ['server'],
    days: serverDays,
  });
}

async function keepCertificate(path: string, make: () => Promise<KeyedCertificate>): Promise<KeyedCertificate> {
  const certificatePem = await readIfExists(`${path}.pem`);
  const privateKeyPem = await readIfExists(`${path}.key`);
  const isUsable = certificatePem !== undefined && certificateExpiry(certificatePem).getTime() > Date.now() + renewBeforeMs;
  if (isUsable && privateKeyPem !== undefined) return { certificatePem, privateKeyPem: new Secret(privateKeyPem) };
  const made = await make();
  await writeFileAtomic(`${path}.key`, made.privateKeyPem.reveal(), { mode: 0o600 });
  await writeFileAtomic(`${path}.pem`, made.certificatePem, { mode: 0o600 });
  return made;
}

async function keepFile(path: string, make: () => Promise<string> | string): Promise<string> {
  const kept = await readIfExists(path);
  if (kept !== undefined) return kept;
  const made = await make();
  await writeFileAtomic(path, made, { mode: 0o600 });
  return made;
}

async function createSigningKey(): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return JSON.stringify({ ...(await exportJWK(privateKey)), kid: randomUUID() });
}

function keepId(database: RegionDatabase, name: string): string {
  const kept = database.query('SELECT value FROM installation WHERE name = ?', z.object({ value: z.string() })).get(name);
  if (kept !== undefined) return kept.value;
  const value = randomUUID();
  database.command('INSERT INTO installation (name, value) VALUES (?, ?)')(name, value);
  return value;
}
