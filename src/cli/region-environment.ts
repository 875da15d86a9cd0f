import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { linkAtomic, readIfExists, writeFileAtomic } from '../base/files.ts';
import { readRegionCredentials } from './region-credentials.ts';
import type { Settings } from './settings.ts';

/** The authorities that the system trusts, where Debian and Go look for them. */
export const systemBundle = '/etc/ssl/certs/ca-certificates.crt';

/** The files that `segw up` leaves for kubectl, az and the SDKs. */
export function clientFiles({ stateDir }: Pick<Settings, 'stateDir'>) {
  return {
    kubeconfig: join(stateDir, 'kubeconfig'),
    caBundle: join(stateDir, 'ca-bundle.pem'),
    bin: join(stateDir, 'bin'),
    /** A folder: AZURE_CONFIG_DIR. */
    azureConfig: join(stateDir, 'azure'),
  };
}

/** The variables of `segw env`. Throws `RegionMissing`. */
export async function regionEnvironment(settings: Settings, path: string): Promise<Readonly<Record<string, string>>> {
  const credentials = await readRegionCredentials(settings);
  const files = clientFiles(settings);
  return {
    KUBECONFIG: files.kubeconfig,
    SEGW_ARM_ENDPOINT: credentials.armEndpoint,
    SEGW_CA_FILE: files.caBundle,
    AZURE_SUBSCRIPTION_ID: credentials.subscriptionId,
    AZURE_TENANT_ID: credentials.tenantId,
    AZURE_CLIENT_ID: credentials.clientId,
    AZURE_CLIENT_SECRET: credentials.clientSecret.reveal(),
    AZURE_AUTHORITY_HOST: credentials.authorityHost,
    AZURE_CONFIG_DIR: files.azureConfig,
    REQUESTS_CA_BUNDLE: files.caBundle,
    PATH: `${files.bin}:${path}`,
  };
}

/** The authorities that the system trusts, and ours: a client that trusts this file reaches the region and everything else. */
export async function writeCaBundle(settings: Settings): Promise<void> {
  const { caFile } = await readRegionCredentials(settings);
  const system = (await readIfExists(systemBundle)) ?? rootCertificates.join('\n');
  await writeFileAtomic(clientFiles(settings).caBundle, `${system.trimEnd()}\n${(await readIfExists(caFile)) ?? ''}`);
}

/** Puts kubectl into the folder that `segw env` adds to PATH. */
export async function linkKubectl(settings: Settings, kubectl: string): Promise<void> {
  await linkAtomic(kubectl, join(clientFiles(settings).bin, 'kubectl'));
}
