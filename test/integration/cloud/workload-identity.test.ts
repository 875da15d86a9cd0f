import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { createAzureProvider } from '../../../src/cloud/azure/azure-provider.ts';
import type { AzureSettings, WorkloadIdentity } from '../../../src/cloud/azure/azure-settings.ts';
import { createAzureClients, createWorkloadCredential } from '../../../src/cloud/azure/clients.ts';
import { isCloudError } from '../../../src/cloud/cloud-error.ts';
import type { CloudProvider } from '../../../src/cloud/cloud-provider.ts';
import { contributorRole } from '../../../src/region/authorization/built-in-roles.ts';
import { serviceAccountIssuer } from '../../../src/cluster/service-account-keys.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { createMemoryPlatform } from '../../support/memory-platform.ts';
import { startRegionServer, type RegionServer } from '../../support/region-server.ts';

const location = 'westeurope';
const subject = 'system:serviceaccount:kube-egress-gateway-system:segw-operator';
const call = { signal: new AbortController().signal };

let server: RegionServer;
let directory: string;
let privateKey: CryptoKey;
let issuer = '';
let clientId = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'segw-identity-'));
  const keys = await generateKeyPair('ES256');
  privateKey = keys.privateKey;
  const publicKey: JWK = { ...(await exportJWK(keys.publicKey)), alg: 'ES256', kid: '1' };
  const platform = createMemoryPlatform();
  const clusters: typeof platform.clusters = {
    ...platform.clusters,
    controlPlaneContent: async (cluster) => {
      issuer = serviceAccountIssuer(cluster);
      return await platform.clusters.controlPlaneContent(cluster);
    },
    serviceAccountKeys: async () => [publicKey],
  };
  server = await startRegionServer({ platform: { ...platform, clusters } });
  await createCluster();
  const principal = server.region.world.principals.ensure('operator');
  clientId = principal.clientId;
  server.region.world.assignments.ensure({
    principalId: principal.objectId,
    role: contributorRole,
    scope: `/subscriptions/${server.subscriptionId}/resourceGroups/rg`,
  });
  server.region.world.principals.federate({ clientId, issuer, subject });
});

after(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

async function createCluster(): Promise<void> {
  const group = `/subscriptions/${server.subscriptionId}/resourceGroups/rg`;
  const id = `${group}/providers/Microsoft.ContainerService/managedClusters/c1`;
  const agentPoolProfiles = [{ name: 'nodepool1', mode: 'System', type: 'VirtualMachineScaleSets', count: 1, vmSize: '' }];
  await server.call('PUT', group, { location });
  const { body } = await server.call('PUT', id, { location, properties: { dnsPrefix: 'c1', agentPoolProfiles } });
  await pollUntil('the cluster has keys', () => (issuer === '' ? undefined : issuer), { timeoutMs: 10_000 }).catch(() =>
    assert.fail(JSON.stringify(body)),
  );
}

async function providerWith(token: { readonly issuer: string; readonly subject: string }, trust = true): Promise<CloudProvider> {
  const tokenFile = join(directory, `token-${String(performance.now())}`);
  const signed = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid: '1' })
    .setIssuer(token.issuer)
    .setSubject(token.subject)
    .setAudience('api://AzureADTokenExchange')
    .setExpirationTime('1h')
    .sign(privateKey);
  await writeFile(tokenFile, signed);
  const { endpoint, subscriptionId, clientOptions } = server;
  const { tenantId } = server.region.credentials;
  const settings: AzureSettings = {
    subscriptionId,
    resourceGroup: 'rg',
    endpoint,
    audience: 'https://management.azure.com',
    authoritiesPem: trust ? clientOptions.tlsOptions.ca : undefined,
  };
  const identity: WorkloadIdentity = { tenantId, clientId, tokenFile, authorityHost: endpoint, disableInstanceDiscovery: true };
  return createAzureProvider(createAzureClients(settings, createWorkloadCredential(identity, settings)), settings);
}

test("the service account's token is exchanged for one that the resource manager accepts", async () => {
  const provider = await providerWith({ issuer, subject });
  assert.equal(await provider.readPool({ by: 'nodepoolName', nodepoolName: 'missing' }, call), undefined);
});

test('another service account gets no token, and the error quotes the directory', async () => {
  const provider = await providerWith({ issuer, subject: 'system:serviceaccount:default:default' });
  await assert.rejects(provider.readPool({ by: 'nodepoolName', nodepoolName: 'missing' }, call), (error) => {
    assert.ok(isCloudError(error, 'CloudCredentialsRefused'), String(error));
    assert.match(error.message, /No matching federated identity record found/);
    return true;
  });
});

test('an authority that is not trusted is no answer of the cloud, and worth another try', async () => {
  const provider = await providerWith({ issuer, subject }, false);
  await assert.rejects(provider.readPool({ by: 'nodepoolName', nodepoolName: 'missing' }, call), (error) => {
    assert.ok(isCloudError(error, 'CloudRequestFailed', 'CloudCredentialsRefused'), String(error));
    return error.retryable;
  });
});
