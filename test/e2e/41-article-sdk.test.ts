import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { FeatureClient } from '@azure/arm-features';
import { cidrContains, parseCidr } from '../../src/base/addresses.ts';
import { pollUntil } from '../../src/base/poll.ts';
import { podAnnotation, systemNamespace } from '../../src/api/names.ts';
import { azureClients, azureConnection } from '../support/azure.ts';
import { applyManifest, kubectl, segw } from '../support/installation.ts';
import { readInternetCounters } from '../support/internet-counters.ts';
import { execInPod, startToolsPod } from '../support/tools-pod.ts';

/** The article again, by the SDKs of Azure, on the cluster of the level; with a public IP prefix of the user's own. */

const service = 'Microsoft.ContainerService';
const feature = 'StaticEgressGatewayPreview';
const [group, cluster, pool] = ['segw', 'segw', 'sdkpool'];
const prefixGroup = 'sdk-prefixes';
const namespace = 'sdk';
const client = { name: 'client', namespace };

let clients: Awaited<ReturnType<typeof azureClients>>;
let prefixId = '';
let prefix = parseCidr('0.0.0.0/0', 'prefix');

before(async () => {
  await segw('up');
  clients = await azureClients();
});

after(async () => {
  assert.equal((await readInternetCounters()).untranslated, 0);
});

async function update(enabled: boolean): Promise<boolean | undefined> {
  const { managedClusters } = clients.containers;
  const whole = await managedClusters.get(group, cluster);
  const networkProfile = { ...whole.networkProfile, staticEgressGatewayProfile: { enabled } };
  const updated = await managedClusters.createOrUpdate(group, cluster, { ...whole, networkProfile });
  return updated.networkProfile?.staticEgressGatewayProfile?.enabled;
}

async function readyNodes(): Promise<readonly string[]> {
  const selector = ['--selector', `kubernetes.azure.com/agentpool=${pool}`];
  await kubectl('wait', 'node', ...selector, '--for=condition=Ready', '--timeout=60s');
  return (await kubectl('get', 'nodes', ...selector, '--output', 'jsonpath={.items[*].metadata.name}')).split(' ');
}

test('the preview feature is registered, then the provider', async () => {
  const { credential, subscriptionId, options } = await azureConnection();
  const { features } = new FeatureClient(credential, subscriptionId, options);
  await features.register(service, feature);
  await pollUntil(
    'the feature is Registered',
    async () => ((await features.get(service, feature)).properties?.state === 'Registered' ? true : undefined),
    { timeoutMs: 60_000, intervalMs: 500 },
  );
  assert.equal((await clients.resources.providers.register(service)).registrationState, 'Registered');
});

test('the cluster is updated, the gateway pool added and scaled: its nodes are Ready and take no other pods', async () => {
  assert.equal(await update(true), true);
  const { agentPools } = clients.containers;
  const added = await agentPools.createOrUpdate(group, cluster, pool, {
    mode: 'Gateway',
    typePropertiesType: 'VirtualMachineScaleSets',
    osType: 'Linux',
    count: 2,
    gatewayProfile: { publicIPPrefixSize: 30 },
  });
  assert.equal(added.provisioningState, 'Succeeded');
  assert.equal((await readyNodes()).length, 2);
  await agentPools.createOrUpdate(group, cluster, pool, { ...added, count: 3 });
  const nodes = await readyNodes();
  assert.equal(nodes.length, 3);
  for (const node of nodes)
    assert.match(await kubectl('get', 'node', node, '--output', 'jsonpath={.spec.taints}'), /kubernetes\.azure\.com\/mode/);
});

test('a prefix of one’s own serves when the cluster’s identity is Network Contributor on it', async () => {
  await clients.resources.resourceGroups.createOrUpdate(prefixGroup, { location: 'local' });
  const own = await clients.network.publicIPPrefixes.beginCreateOrUpdateAndWait(prefixGroup, 'egress', {
    location: 'local',
    sku: { name: 'Standard', tier: 'Regional' },
    prefixLength: 30,
  });
  prefixId = own.id ?? '';
  prefix = parseCidr(own.ipPrefix ?? '', 'ipPrefix');
  await assignNetworkContributor();
  await applyManifest(`apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: egressgateway.kubernetes.azure.com/v1alpha1
kind: StaticGatewayConfiguration
metadata: { name: fixed, namespace: ${namespace} }
spec:
  gatewayNodepoolName: ${pool}
  excludeCidrs: [10.0.0.0/8, 172.16.0.0/12, 169.254.169.254/32]
  publicIpPrefixId: ${prefixId}
`);
  const sgc = ['--namespace', namespace, 'staticgatewayconfiguration/fixed'];
  await kubectl('wait', ...sgc, '--for=condition=Ready', '--timeout=120s');
  assert.equal(await kubectl('get', ...sgc, '--output', 'jsonpath={.status.egressIpPrefix}'), own.ipPrefix);
});

async function assignNetworkContributor(): Promise<void> {
  const { credential, subscriptionId, options } = await azureConnection();
  const { roleAssignments, roleDefinitions } = new AuthorizationManagementClient(credential, subscriptionId, options);
  const [role] = await Array.fromAsync(roleDefinitions.list(prefixId, { filter: "roleName eq 'Network Contributor'" }));
  const { identity } = await clients.containers.managedClusters.get(group, cluster);
  await roleAssignments.create(prefixId, randomUUID(), {
    roleDefinitionId: role?.id ?? '',
    principalId: identity?.principalId ?? '',
    principalType: 'ServicePrincipal',
  });
}

test('an annotated pod leaves with an address of the prefix', async () => {
  await startToolsPod({ ...client, annotations: { [podAnnotation]: 'fixed' } });
  const address = await execInPod(client, 'curl', '--silent', '--max-time', '10', 'http://ifconfig.me/');
  assert.ok(cidrContains(prefix, address), address);
});

test('a pod reaches the region under the public cloud’s names, and trusts it by ConfigMap segw-ca', async () => {
  const authority = await kubectl(
    'get',
    'configmap',
    '--namespace',
    namespace,
    'segw-ca',
    '--output',
    'jsonpath={.data.ca\\.crt}',
  );
  await execInPod(client, 'sh', '-c', `printf '%s\\n' '${authority.trim()}' > /tmp/ca.crt`);
  const ask = ['curl', '--silent', '--show-error', '--fail', '--max-time', '10', '--cacert', '/tmp/ca.crt'];
  assert.match(
    await execInPod(client, ...ask, 'https://management.azure.com/metadata/endpoints?api-version=2022-09-01'),
    /"name":"AzureCloud"/,
  );
  const discovery = '/common/v2.0/.well-known/openid-configuration';
  assert.match(await execInPod(client, ...ask, `https://login.microsoftonline.com${discovery}`), /"token_endpoint":/);
});

test('configuration and pool are deleted, the feature is disabled: nothing is left but the prefix', async () => {
  await kubectl('delete', 'namespace', namespace, '--timeout=120s');
  await clients.containers.agentPools.delete(group, cluster, pool);
  assert.equal(await kubectl('get', 'nodes', '--selector', `kubernetes.azure.com/agentpool=${pool}`, '--output', 'name'), '');
  assert.equal(await update(false), false);
  assert.equal(await kubectl('get', 'namespace', systemNamespace, '--ignore-not-found', '--output', 'name'), '');
  const { publicIPAddresses = [] } = await clients.network.publicIPPrefixes.get(prefixGroup, 'egress');
  assert.deepEqual(publicIPAddresses, []);
  await clients.resources.resourceGroups.beginDeleteAndWait(prefixGroup);
});
