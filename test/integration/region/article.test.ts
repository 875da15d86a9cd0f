import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { ComputeManagementClient } from '@azure/arm-compute';
import { type AgentPool, ContainerServiceClient, type ManagedCluster } from '@azure/arm-containerservice';
import { FeatureClient } from '@azure/arm-features';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { pollUntil } from '../../../src/base/poll.ts';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'japaneast';
const group = 'myResourceGroup';
const cluster = 'myAKSCluster';
const pool = 'gwpool';
const namespace = 'Microsoft.ContainerService';
const feature = 'StaticEgressGatewayPreview';

/** What `az aks create -n C -g G --enable-static-egress-gateway` sends: no node count is given, so az asks for three. */
const createBody: ManagedCluster = {
  location,
  sku: { name: 'Base', tier: 'Free' },
  identity: { type: 'SystemAssigned' },
  kubernetesVersion: '',
  dnsPrefix: 'myAKSClust-myResourceGroup-111111',
  enableRbac: true,
  disableLocalAccounts: false,
  agentPoolProfiles: [
    {
      name: 'nodepool1',
      mode: 'System',
      type: 'VirtualMachineScaleSets',
      osType: 'Linux',
      count: 3,
      vmSize: '',
      orchestratorVersion: '',
      enableAutoScaling: false,
      enableNodePublicIP: false,
      nodeTaints: [],
      scaleSetPriority: 'Regular',
      upgradeSettings: {},
    },
  ],
  networkProfile: { loadBalancerSku: 'standard', outboundType: 'loadBalancer', staticEgressGatewayProfile: { enabled: true } },
  addonProfiles: {},
  storageProfile: {},
};

/** What `az aks nodepool add --mode gateway --node-count 2 --gateway-prefix-size 30` sends. */
const poolBody: AgentPool = {
  mode: 'Gateway',
  typePropertiesType: 'VirtualMachineScaleSets',
  osType: 'Linux',
  count: 2,
  vmSize: '',
  enableAutoScaling: false,
  enableNodePublicIP: false,
  nodeTaints: [],
  scaleDownMode: 'Delete',
  scaleSetPriority: 'Regular',
  gatewayProfile: { publicIPPrefixSize: 30 },
};

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Error && 'code' in error && error.code === code;
}

/** The article, step by step, through the SDKs of Azure: what its commands send, what they read, and what has then become of machines. */
describe('the article over the SDK', () => {
  let server: RegionServer;
  let features: FeatureClient;
  let containers: ContainerServiceClient;
  let compute: ComputeManagementClient;
  let network: NetworkManagementClient;
  let resources: ResourceManagementClient;
  let authorization: AuthorizationManagementClient;

  before(async () => {
    server = await startRegionServer({ settings: { featureFlags: { areNeeded: true, registrationSeconds: 1 } } });
    const { credential, subscriptionId, clientOptions } = server;
    features = new FeatureClient(credential, subscriptionId, clientOptions);
    containers = new ContainerServiceClient(credential, subscriptionId, clientOptions);
    compute = new ComputeManagementClient(credential, subscriptionId, clientOptions);
    network = new NetworkManagementClient(credential, subscriptionId, clientOptions);
    resources = new ResourceManagementClient(credential, subscriptionId, clientOptions);
    authorization = new AuthorizationManagementClient(credential, subscriptionId, clientOptions);
    await resources.resourceGroups.createOrUpdate(group, { location });
  });

  after(async () => server.close());

  function nodesOf(agentPool: string): readonly string[] {
    const nodes = [...server.platform.nodes().values()];
    return nodes.filter(({ labels }) => labels['kubernetes.azure.com/agentpool'] === agentPool).map(({ name }) => name);
  }

  async function isEnabled(): Promise<boolean | undefined> {
    const { networkProfile } = await containers.managedClusters.get(group, cluster);
    return networkProfile?.staticEgressGatewayProfile?.enabled;
  }

  async function update(enabled: boolean): Promise<ManagedCluster> {
    const whole = await containers.managedClusters.get(group, cluster);
    const networkProfile = { ...whole.networkProfile, staticEgressGatewayProfile: { enabled } };
    return containers.managedClusters.createOrUpdate(group, cluster, { ...whole, networkProfile });
  }

  test('az feature register, az feature show until Registered, az provider register', async () => {
    await assert.rejects(
      async () => containers.managedClusters.createOrUpdate(group, cluster, createBody),
      hasCode('PreviewFeatureNotRegistered'),
    );
    assert.equal((await features.features.register(namespace, feature)).properties?.state, 'Registering');
    await pollUntil(
      'the feature is Registered',
      async () => ((await features.features.get(namespace, feature)).properties?.state === 'Registered' ? true : undefined),
      { timeoutMs: 10_000 },
    );
    assert.equal((await resources.providers.register(namespace)).registrationState, 'Registered');
  });

  test('az aks create --enable-static-egress-gateway: three nodes', async () => {
    const created = await containers.managedClusters.createOrUpdate(group, cluster, createBody);
    assert.equal(created.provisioningState, 'Succeeded');
    assert.equal(created.networkProfile?.staticEgressGatewayProfile?.enabled, true);
    assert.equal(nodesOf('nodepool1').length, 3);
    assert.ok(server.platform.features().has(cluster));
  });

  test('az aks update --disable-static-egress-gateway and --enable-static-egress-gateway', async () => {
    await update(false);
    assert.equal(await isEnabled(), false);
    assert.equal(server.platform.features().has(cluster), false);
    await update(true);
    assert.equal(await isEnabled(), true);
    assert.equal(nodesOf('nodepool1').length, 3);
  });

  test('az aks nodepool add --mode gateway: two tainted nodes, and as many as the prefix holds', async () => {
    const added = await containers.agentPools.createOrUpdate(group, cluster, pool, poolBody);
    assert.equal(added.mode, 'Gateway');
    assert.equal(added.gatewayProfile?.publicIPPrefixSize, 30);
    assert.equal(nodesOf(pool).length, 2);
    for (const node of server.platform.nodes().values())
      assert.equal(node.taints.includes('kubernetes.azure.com/mode=gateway:NoSchedule'), nodesOf(pool).includes(node.name));
    const set = (await Array.fromAsync(compute.virtualMachineScaleSets.listAll())).find(
      ({ tags }) => tags?.['aks-managed-poolName'] === pool,
    );
    assert.equal(set?.tags?.['aks-managed-gatewayIPPrefixSize'], '30');
  });

  test('az aks nodepool add without a node count asks for three, which a /31 does not hold', async () => {
    const { gatewayProfile: _default, ...rest } = poolBody;
    await assert.rejects(
      async () => containers.agentPools.createOrUpdate(group, cluster, 'gw2', { ...rest, count: 3 }),
      (error) => hasCode('StaticEgressGatewayInvalidGatewayNodeCount')(error) && /count 3.*count 2 .*\/31/.test(String(error)),
    );
  });

  test('az aks nodepool scale: up to four nodes of a /30, not five', async () => {
    const read = await containers.agentPools.get(group, cluster, pool);
    assert.equal((await containers.agentPools.createOrUpdate(group, cluster, pool, { ...read, count: 4 })).count, 4);
    assert.equal(nodesOf(pool).length, 4);
    await assert.rejects(
      async () => containers.agentPools.createOrUpdate(group, cluster, pool, { ...read, count: 5 }),
      hasCode('StaticEgressGatewayInvalidGatewayNodeCount'),
    );
    await containers.agentPools.createOrUpdate(group, cluster, pool, { ...read, count: 2 });
    assert.equal(nodesOf(pool).length, 2);
  });

  test('a public IP prefix of one’s own, and Network Contributor on it for the identity of the cluster', async () => {
    const prefix = await network.publicIPPrefixes.beginCreateOrUpdateAndWait(group, 'egress', {
      location,
      sku: { name: 'Standard', tier: 'Regional' },
      prefixLength: 30,
      publicIPAddressVersion: 'IPv4',
    });
    assert.match(prefix.ipPrefix ?? '', /^203\.0\.113\.\d+\/30$/);
    const scope = prefix.id ?? '';
    const [role] = await Array.fromAsync(
      authorization.roleDefinitions.list(scope, { filter: "roleName eq 'Network Contributor'" }),
    );
    const { identity } = await containers.managedClusters.get(group, cluster);
    const principalId = identity?.principalId ?? '';
    await authorization.roleAssignments.create(scope, randomUUID(), {
      roleDefinitionId: role?.id ?? '',
      principalId,
      principalType: 'ServicePrincipal',
    });
    const assigned = await Array.fromAsync(authorization.roleAssignments.listForScope(scope, { filter: 'atScope()' }));
    assert.ok(assigned.some((one) => one.principalId === principalId && one.roleDefinitionId === role?.id));
  });

  test('az aks get-credentials: a kubeconfig for kubectl', async () => {
    const { kubeconfigs } = await containers.managedClusters.listClusterUserCredentials(group, cluster);
    assert.match(Buffer.from(kubeconfigs?.[0]?.value ?? '').toString(), /kind: Config/);
  });

  test('the feature cannot be disabled while there is a gateway pool; az aks nodepool delete takes it and its machines away', async () => {
    await assert.rejects(async () => update(false), hasCode('StaticEgressGatewayNodepoolsExist'));
    assert.equal(await isEnabled(), true);
    await containers.agentPools.delete(group, cluster, pool);
    assert.deepEqual(nodesOf(pool), []);
    const pools = await Array.fromAsync(containers.agentPools.list(group, cluster));
    assert.deepEqual(
      pools.map(({ name }) => name),
      ['nodepool1'],
    );
    assert.equal(server.platform.machineNames().length, 4);
  });

  test('az aks update --disable-static-egress-gateway; deleting the group leaves no machine', async () => {
    await update(false);
    assert.equal(server.platform.features().has(cluster), false);
    await resources.resourceGroups.beginDeleteAndWait(group);
    assert.deepEqual(server.platform.machineNames(), []);
    assert.deepEqual(await Array.fromAsync(resources.resources.list()), []);
  });
});
