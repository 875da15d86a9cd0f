import { rootCertificates } from 'node:tls';
import { ComputeManagementClient } from '@azure/arm-compute';
import { NetworkManagementClient } from '@azure/arm-network';
import { WorkloadIdentityCredential, type TokenCredential } from '@azure/identity';
import type { AzureSettings, WorkloadIdentity } from './azure-settings.ts';

export interface AzureClients {
  readonly compute: ComputeManagementClient;
  readonly network: NetworkManagementClient;
}

/** The controllers retry, with a backoff that shows in a condition. A second layer below would only hide why it takes so long. */
const retryOptions = { maxRetries: 0 };

export function createAzureClients(settings: AzureSettings, credential: TokenCredential): AzureClients {
  const { subscriptionId, endpoint, audience } = settings;
  const options = {
    endpoint,
    retryOptions,
    ...tlsOptions(settings),
    userAgentOptions: { userAgentPrefix: 'static-egress-gateway' },
  };
  const scope = `${audience.replace(/\/$/, '')}/.default`;
  return {
    compute: new ComputeManagementClient(credential, subscriptionId, { ...options, credentials: { scopes: [scope] } }),
    network: new NetworkManagementClient(credential, subscriptionId, { ...options, credentialScopes: scope }),
  };
}

export function createWorkloadCredential(
  { tenantId, clientId, tokenFile, authorityHost, disableInstanceDiscovery }: WorkloadIdentity,
  settings: AzureSettings,
): TokenCredential {
  return new WorkloadIdentityCredential({
    tenantId,
    clientId,
    tokenFilePath: tokenFile,
    authorityHost,
    disableInstanceDiscovery,
    retryOptions,
    ...tlsOptions(settings),
  });
}

function tlsOptions({ authoritiesPem }: AzureSettings): { readonly tlsOptions?: { readonly ca: string[] } } {
  return authoritiesPem === undefined ? {} : { tlsOptions: { ca: [...rootCertificates, authoritiesPem] } };
}
