import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pollUntil } from '../../../src/base/poll.ts';
import { findCondition } from '../../../src/kube/conditions.ts';
import { createAzureProvider } from '../../../src/cloud/azure/azure-provider.ts';
import { type AzureClients, createAzureClients } from '../../../src/cloud/azure/clients.ts';
import { accessOf } from '../../../src/region/arm/access.ts';
import { openAzureWorld, type AzureWorld } from '../../support/azure-world.ts';
import { openOperatorWorld, type OperatorWorld } from '../../support/operator-world.ts';
import { repositoryDir } from '../../support/paths.ts';
import { principalOf, type RegionPrincipal, roles } from '../../support/region-principal.ts';

const call = { signal: new AbortController().signal };
const customRole = '5e6f1d5e-7c3a-4d7c-9f43-0d1d0f4b2a11';

/** The operator as an identity that has the rights of a cluster's identity, and no others. */
let world: OperatorWorld<AzureWorld>;
let identity: RegionPrincipal;
let subscription: string;
let group: string;
/** Actions of the calls that the operator made. */
const called = new Set<string>();

before(async () => {
  const cloud = await openAzureWorld();
  world = await openOperatorWorld(cloud);
  subscription = `/subscriptions/${cloud.settings.subscriptionId}`;
  group = `${subscription}/resourceGroups/${cloud.settings.resourceGroup}`;
  identity = principalOf(cloud.server, 'cluster');
  identity.grant(roles.contributor, group);
  const clients = createAzureClients(cloud.settings, identity.credential);
  clients.compute.pipeline.addPolicy(recordCalls());
  clients.network.pipeline.addPolicy(recordCalls());
  await world.startOperator('operator-0', createAzureProvider(clients, cloud.settings));
  await world.addPool('gateways', 2);
});

after(async () => {
  await world.close();
});

type PipelinePolicy = Parameters<AzureClients['compute']['pipeline']['addPolicy']>[0];

function recordCalls(): PipelinePolicy {
  return {
    name: 'recordCalls',
    sendRequest: (request, next) => {
      const access = accessOf(request.method, new URL(request.url).pathname, subscription);
      // SDKs spell types as they like.
      if (access !== undefined) called.add(access.action.toLowerCase());
      return next(request);
    },
  };
}

async function untilReadyMessage(name: string, pattern: RegExp): Promise<void> {
  await pollUntil(
    `Ready of ${name} says ${String(pattern)}`,
    async (note) => {
      const configuration = await world.findConfiguration(name);
      const message = findCondition(configuration?.status?.conditions, 'Ready')?.message ?? '';
      note(message);
      return pattern.test(message) ? message : undefined;
    },
    { timeoutMs: 15_000, intervalMs: 25 },
  );
}

async function createPrefixElsewhere(name: string): Promise<string> {
  const elsewhere = `${subscription}/resourceGroups/elsewhere`;
  const { location, server } = world.cloud;
  await server.call('PUT', elsewhere, { location });
  const id = `${elsewhere}/providers/Microsoft.Network/publicIPPrefixes/${name}`;
  const { status } = await server.call('PUT', id, { location, sku: { name: 'Standard' }, properties: { prefixLength: 30 } });
  assert.equal(status, 201);
  return id;
}

test('a prefix elsewhere is used as soon as the cluster\u2019s identity is Network Contributor there', async () => {
  const publicIpPrefixId = await createPrefixElsewhere('brought');
  await world.createConfiguration('brought', { gatewayNodepoolName: 'gateways', publicIpPrefixId });
  await world.untilCondition('brought', 'Accepted', 'PrefixPermissionMissing');
  await untilReadyMessage('brought', /AuthorizationFailed.*publicIPPrefixes\/read.*Network Contributor/s);
  identity.grant(roles.reader, publicIpPrefixId);
  await untilReadyMessage('brought', /LinkedAuthorizationFailed.*publicIPPrefixes\/join\/action.*Network Contributor/s);
  assert.equal((await world.cloud.provider.readPrefix(publicIpPrefixId, call))?.uses.length, 0);
  identity.grant(roles.networkContributor, publicIpPrefixId);
  const { status } = await world.untilCondition('brought', 'CloudReady', 'CloudResourcesReady');
  assert.equal(status?.egressIpPrefix, (await world.cloud.provider.readPrefix(publicIpPrefixId, call))?.cidr);
  await world.deleteConfiguration('brought');
  await world.untilGone('brought');
});

test('a role with exactly what the operator calls is enough', async () => {
  const role = await readRole();
  await createRole(role);
  identity.grant(customRole, group);
  identity.revoke(roles.contributor, group);
  await addToLoadBalancer('gateways');
  called.clear();
  const { metadata } = await world.createConfiguration('own', { gatewayNodepoolName: 'gateways' });
  const prefixId = world.cloud.provider.ownPrefixId(metadata.uid ?? '');
  await world.untilCondition('own', 'CloudReady', 'CloudResourcesReady');
  const model = (await world.cloud.server.call('GET', scaleSetId('gateways'))).body;
  await world.deleteConfiguration('own');
  await world.untilGone('own');
  assert.equal(await world.cloud.provider.readPrefix(prefixId, call), undefined);
  const [joins, others] = [role.filter(isJoin), role.filter((action) => !isJoin(action))];
  assert.deepEqual([...called].toSorted(), others.map((action) => action.toLowerCase()).toSorted());
  for (const join of joins) {
    await createRole(role.filter((action) => action !== join));
    const { status, body } = await identity.call('PUT', scaleSetId('gateways'), model);
    assert.equal(status, 403, join);
    assert.ok(JSON.stringify(body).includes(`does not have permission to perform action(s) '${join}'`), JSON.stringify(body));
  }
});

test('less is not enough, and the condition names what is missing', async () => {
  await createRole([]);
  await world.createConfiguration('less', { gatewayNodepoolName: 'gateways' });
  await world.untilCondition('less', 'Accepted', 'CloudPermissionMissing');
  await untilReadyMessage('less', /AuthorizationFailed/);
  await createRole([
    'Microsoft.Compute/*',
    'Microsoft.Network/*/read',
    'Microsoft.Network/*/join/action',
    'Microsoft.Network/publicIPPrefixes/delete',
  ]);
  await untilReadyMessage('less', /publicIPPrefixes\/write/);
  await createRole(['Microsoft.Compute/*', 'Microsoft.Network/*']);
  await world.untilCondition('less', 'CloudReady', 'CloudResourcesReady');
  await world.deleteConfiguration('less');
  await world.untilGone('less');
});

async function readRole(): Promise<readonly string[]> {
  const role: { readonly Actions: readonly string[] } = JSON.parse(
    await readFile(join(repositoryDir, 'deploy/azure/operator-role.json'), 'utf8'),
  );
  return role.Actions;
}

function isJoin(action: string): boolean {
  return action.endsWith('/join/action');
}

function scaleSetId(name: string): string {
  return `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/${name}`;
}

/** As the pools of a managed cluster are. */
async function addToLoadBalancer(pool: string): Promise<void> {
  const { server, location } = world.cloud;
  const network = `${group}/providers/Microsoft.Network`;
  const address = `${network}/publicIPAddresses/front`;
  const sku = { name: 'Standard' };
  await put(address, { location, sku, properties: { publicIPAllocationMethod: 'Static' } });
  const frontend = { name: 'front', properties: { publicIPAddress: { id: address } } };
  const loadBalancer = `${network}/loadBalancers/kubernetes`;
  const parts = { frontendIPConfigurations: [frontend], backendAddressPools: [{ name: 'nodes' }] };
  await put(loadBalancer, { location, sku, properties: parts });
  const pools = [{ id: `${loadBalancer}/backendAddressPools/nodes` }];
  const { body } = await server.call('GET', scaleSetId(pool));
  await put(
    scaleSetId(pool),
    JSON.parse(JSON.stringify(body), (key, value: unknown) => (key === 'loadBalancerBackendAddressPools' ? pools : value)),
  );
}

async function put(id: string, body: unknown): Promise<void> {
  const { server } = world.cloud;
  const answer = await server.call('PUT', id, body);
  assert.ok(answer.status < 300, JSON.stringify(answer.body));
  await pollUntil(
    `${id} is there`,
    async () =>
      JSON.stringify((await server.call('GET', id)).body).includes('"provisioningState":"Succeeded"') ? true : undefined,
    { timeoutMs: 10_000, intervalMs: 10 },
  );
}

async function createRole(actions: readonly string[]): Promise<void> {
  const properties = {
    roleName: 'Static Egress Gateway Operator',
    assignableScopes: [subscription],
    permissions: [{ actions, notActions: [] }],
  };
  const path = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${customRole}`;
  const { status, body } = await world.cloud.server.call('PUT', path, { properties });
  assert.equal(status, 201, JSON.stringify(body));
}
