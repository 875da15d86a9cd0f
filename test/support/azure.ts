import { Agent } from 'node:https';
import { readFile } from 'node:fs/promises';
import { NetworkManagementClient } from '@azure/arm-network';
import { ClientSecretCredential } from '@azure/identity';
import { createRegionClients } from '../../src/cli/aks/azure-clients.ts';
import { readRegionCredentials } from '../../src/cli/region-credentials.ts';
import { settings } from './installation.ts';

/** What any client of Azure's SDK is made with, to talk to the region of the level. */
export async function azureConnection() {
  const region = await readRegionCredentials(settings);
  const agent = new Agent({ ca: await readFile(region.caFile, 'utf8') });
  const credential = new ClientSecretCredential(region.tenantId, region.clientId, region.clientSecret.reveal(), {
    authorityHost: region.authorityHost,
    disableInstanceDiscovery: true,
    agent,
  });
  const { subscriptionId } = region;
  return { credential, subscriptionId, options: { endpoint: region.armEndpoint, agent } };
}

/** Azure's own SDK against the region of the level. */
export async function azureClients() {
  const { credential, subscriptionId, options } = await azureConnection();
  const network = new NetworkManagementClient(credential, subscriptionId, options);
  return { ...(await createRegionClients(await readRegionCredentials(settings))), network };
}
