import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { type AgentPool, ContainerServiceClient, type ManagedCluster } from '@azure/arm-containerservice';
import { ComputeManagementClient } from '@azure/arm-compute';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { pollUntil } from '../../../src/base/poll.ts';
import { serviceAccountIssuer } from '../../../src/cluster/service-account-keys.ts';
import { createMemoryPlatform } from '../../support/memory-platform.ts';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'westus';
const group = 'rg';
const nodeGroup = 'MC_rg_c1_westus';

const newCluster: ManagedCluster = {
  location,
  identity: { type: 'SystemAssigned' },
  kubernetesVersion: '',
  dnsPrefix: 'c1',
  agentPoolProfiles: [
    { name: 'nodepool1', mode: 'System', type: 'VirtualMachineScaleSets', osType: 'Linux', count: 2, vmSize: '' },
  ],
  networkProfile: { loadBalancerSku: 'standard', outboundType: 'loadBalancer', staticEgressGatewayProfile: { enabled: true } },
};

function gatewayPool(count: number, publicIPPrefixSize?: number): AgentPool {
  return {
    mode: 'Gateway',
    typePropertiesType: 'VirtualMachineScaleSets',
    osType: 'Linux',
    count,
    vmSize: 'Standard_D2s_v5',
    ...(publicIPPrefixSize === undefined ? {} : { gatewayProfile: { publicIPPrefixSize } }),
  };
}

function isError(code: string, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error);
    assert.equal('code' in error ? error.code : undefined, code, error.message);
    assert.match(error.message, pattern);
    return true;
  };
}

describe('managed clusters and agent pools over the SDK', () => {
  const platform = createMemoryPlatform();
  /** While it is there, no node becomes Ready. */
  let joining: Promise<void> | undefined;
  let server: RegionServer;
  let containers: ContainerServiceClient;
  let compute: ComputeManagementClient;
  let network: NetworkManagementClient;
  let resources: ResourceManagementClient;
  let created: ManagedCluster;

  before(async () => {
    const { clusters } = platform;
    const ensureNodeReady: typeof clusters.ensureNodeReady = async (cluster, node, signal) => {
      await Promise.race([joining, once(signal, 'abort')]);
      await clusters.ensureNodeReady(cluster, node, signal);
    };
    server = await startRegionServer({ platform: { ...platform, clusters: { ...clusters, ensureNodeReady } } });
    const { credential, subscriptionId, clientOptions } = server;
    containers = new ContainerServiceClient(credential, subscriptionId, clientOptions);
    compute = new ComputeManagementClient(credential, subscriptionId, clientOptions);
    network = new NetworkManagementClient(credential, subscriptionId, clientOptions);
    resources = new ResourceManagementClient(credential, subscriptionId, clientOptions);
    await resources.resourceGroups.createOrUpdate(group, { location });
    created = await containers.managedClusters.createOrUpdate(group, 'c1', newCluster);
  });
  after(async () => {
    await server.close();
  });

  async function scaleSetOf(pool: string) {
    for await (const set of compute.virtualMachineScaleSets.list(nodeGroup))
      if (set.tags?.['aks-managed-poolName'] === pool) return set;
    return undefined;
  }

  async function readCluster(): Promise<ManagedCluster> {
    return containers.managedClusters.get(group, 'c1');
  }

  async function putCluster(change: Partial<ManagedCluster>): Promise<ManagedCluster> {
    return containers.managedClusters.createOrUpdate(group, 'c1', { ...(await readCluster()), ...change });
  }

  async function putPool(name: string, pool: AgentPool): Promise<AgentPool> {
    return containers.agentPools.createOrUpdate(group, 'c1', name, pool);
  }

  function nodesOf(pool: string) {
    return [...platform.nodes().values()].filter(({ labels }) => labels['kubernetes.azure.com/agentpool'] === pool);
  }

  test('a new cluster has the defaults of the service', () => {
    assert.equal(created.provisioningState, 'Succeeded');
    assert.equal(created.kubernetesVersion, '1.34');
    assert.equal(created.nodeResourceGroup, nodeGroup);
    assert.match(created.identity?.principalId ?? '', /^[0-9a-f-]{36}$/);
    const { networkPlugin, networkPluginMode, podCidr, serviceCidr, dnsServiceIP } = created.networkProfile ?? {};
    assert.deepEqual(
      [networkPlugin, networkPluginMode, podCidr, serviceCidr, dnsServiceIP],
      ['azure', 'overlay', '10.244.0.0/16', '10.0.0.0/16', '10.0.0.10'],
    );
    assert.equal(created.networkProfile?.staticEgressGatewayProfile?.enabled, true);
  });

  test('what belongs to it lies in the node resource group', async () => {
    const { managedBy } = await resources.resourceGroups.get(nodeGroup);
    assert.equal(managedBy, created.id);
    const [virtualNetwork] = await Array.fromAsync(network.virtualNetworks.list(nodeGroup));
    assert.match(String(virtualNetwork?.name), /^aks-vnet-\d{8}$/);
    assert.deepEqual(
      virtualNetwork?.subnets?.map(({ name, addressPrefix }) => ({ name, addressPrefix })),
      [{ name: 'aks-subnet', addressPrefix: '10.224.0.0/16' }],
    );
    assert.match(String((await scaleSetOf('nodepool1'))?.name), /^aks-nodepool1-\d{8}-vmss$/);
  });

  test('it leaves by a public address of its own', async () => {
    const outbound = created.networkProfile?.loadBalancerProfile?.effectiveOutboundIPs?.[0]?.id ?? '';
    const address = await network.publicIPAddresses.get(nodeGroup, outbound.split('/').at(-1) ?? '');
    assert.match(address.ipAddress ?? '', /^198\.51\.100\./);
  });

  test('control plane and nodes run, and the control plane came first', () => {
    const events = platform.events();
    assert.match(events[0] ?? '', /^start c1-\d{8}-cp$/);
    assert.equal(nodesOf('nodepool1').length, 2);
    assert.match(nodesOf('nodepool1')[0]?.name ?? '', /^aks-nodepool1-\d{8}-vmss000000$/);
    assert.equal(nodesOf('nodepool1')[0]?.labels['kubernetes.azure.com/mode'], 'system');
  });

  test('the feature is installed before the first node starts, and its operator is the identity of the cluster', () => {
    const steps = platform.events().map((event) => event.replace(/-\d{8}-(?:cp|vmss\d{6})$/, ''));
    assert.deepEqual(steps.slice(0, 3), ['start c1', 'install c1', 'start aks-nodepool1']);
    const { clientId = '', armEndpoint } = platform.features().get('c1') ?? {};
    assert.equal(armEndpoint, 'https://management.segw.test');
    const { principals } = server.region.world;
    assert.equal(principals.find(clientId)?.objectId, created.identity?.principalId);
    const key =
      platform
        .machineNames()
        .find((name) => name.endsWith('-cp'))
        ?.replace(/-cp$/, '') ?? '';
    const subject = 'system:serviceaccount:kube-egress-gateway-system:segw-operator';
    assert.ok(principals.isFederated({ clientId, issuer: serviceAccountIssuer({ key }), subject }));
  });

  test('its credentials are a kubeconfig that leads to its loopback port', async () => {
    const user = await containers.managedClusters.listClusterUserCredentials(group, 'c1');
    const admin = await containers.managedClusters.listClusterAdminCredentials(group, 'c1');
    assert.deepEqual([user.kubeconfigs?.[0]?.name, admin.kubeconfigs?.[0]?.name], ['clusterUser', 'clusterAdmin']);
    assert.match(Buffer.from(user.kubeconfigs?.[0]?.value ?? '').toString(), /server: "https:\/\/127\.0\.0\.1:17002"/);
  });

  test('a gateway pool is a tagged scale set with tainted nodes', async () => {
    const pool = await putPool('gw', gatewayPool(2, 30));
    assert.equal(pool.mode, 'Gateway');
    assert.deepEqual(pool.gatewayProfile, { publicIPPrefixSize: 30 });
    assert.deepEqual((await scaleSetOf('gw'))?.tags, { 'aks-managed-poolName': 'gw', 'aks-managed-gatewayIPPrefixSize': '30' });
    const [node] = nodesOf('gw');
    assert.equal(node?.labels['kubernetes.azure.com/mode'], 'gateway');
    assert.deepEqual(node.taints, ['kubernetes.azure.com/mode=gateway:NoSchedule']);
    assert.match(node.providerId, /^azure:\/\/\/subscriptions\/.*\/virtualMachines\/0$/);
  });

  test('a gateway pool scales within its prefix and keeps the network model', async () => {
    const before = (await scaleSetOf('gw'))?.virtualMachineProfile?.networkProfile;
    const pool = await containers.agentPools.get(group, 'c1', 'GW');
    await putPool('gw', { ...pool, count: 4 });
    assert.equal(nodesOf('gw').length, 4);
    assert.deepEqual((await scaleSetOf('gw'))?.virtualMachineProfile?.networkProfile, before);
    await putPool('gw', { ...pool, count: 2 });
    assert.deepEqual(
      nodesOf('gw').map(({ name }) => name.slice(-6)),
      ['000000', '000001'],
    );
  });

  test('what a gateway pool may not be is refused with the reason, and nothing has changed', async () => {
    await assert.rejects(
      putPool('gw', gatewayPool(5, 30)),
      isError('StaticEgressGatewayInvalidGatewayNodeCount', /invalid node count 5, exceeding max node count 4/),
    );
    await assert.rejects(
      putPool('gw2', gatewayPool(3)),
      isError('StaticEgressGatewayInvalidGatewayNodeCount', /exceeding max node count 2 according to public IPPrefix size \/31/),
    );
    await assert.rejects(
      putPool('gw2', { ...gatewayPool(2), typePropertiesType: 'VirtualMachines' }),
      isError('StaticEgressGatewayOnlySupportVMSSNodepool', /--node-vm-size/),
    );
    await assert.rejects(
      putPool('gw', { ...gatewayPool(2, 30), mode: 'User' }),
      isError('PropertyChangeNotAllowed', /properties\.mode/),
    );
    await assert.rejects(putPool('gw', gatewayPool(2, 31)), isError('PropertyChangeNotAllowed', /publicIPPrefixSize/));
    await assert.rejects(containers.agentPools.get(group, 'c1', 'gw2'), isError('NotFound', /gw2/));
    assert.equal((await containers.agentPools.get(group, 'c1', 'gw')).count, 2);
  });

  test('the feature cannot be disabled beside gateway pools', async () => {
    const { networkProfile } = await readCluster();
    await assert.rejects(
      putCluster({ networkProfile: { ...networkProfile, staticEgressGatewayProfile: { enabled: false } } }),
      isError('StaticEgressGatewayNodepoolsExist', /gateway agentpools: gw\./),
    );
  });

  test('an update with the object as it was read changes no pool', async () => {
    const machines = platform.machineNames();
    const updated = await putCluster({ tags: { team: 'net' } });
    assert.deepEqual(updated.tags, { team: 'net' });
    assert.deepEqual(
      updated.agentPoolProfiles?.map(({ name, count, mode }) => ({ name, count, mode })),
      [
        { name: 'nodepool1', count: 2, mode: 'System' },
        { name: 'gw', count: 2, mode: 'Gateway' },
      ],
    );
    assert.deepEqual(platform.machineNames(), machines);
  });

  test('a pool cannot be added through the cluster', async () => {
    const { agentPoolProfiles = [] } = await readCluster();
    await assert.rejects(
      putCluster({ agentPoolProfiles: [...agentPoolProfiles, { name: 'extra', count: 1, mode: 'User' }] }),
      isError('BadRequest', /A new agent pool was introduced/),
    );
  });

  test('the last system pool stays', async () => {
    await assert.rejects(
      containers.agentPools.delete(group, 'c1', 'nodepool1'),
      isError('BadRequest', /at least one system pool/),
    );
  });

  test('a cluster has one operation at a time', async () => {
    const pool = await containers.agentPools.get(group, 'c1', 'gw');
    const { promise, resolve: letJoin } = Promise.withResolvers<void>();
    joining = promise;
    const scaling = containers.agentPools.createOrUpdate(group, 'c1', 'gw', { ...pool, count: 3 });
    await scaling.submitted();
    const isBusy = isError('OperationNotAllowed', /Another agentpool operation \(gw - Updating\) is in progress, please wait/);
    await assert.rejects(putPool('nodepool1', { count: 1, mode: 'System' }), isBusy);
    await assert.rejects(containers.managedClusters.createOrUpdate(group, 'c1', await readCluster()), isBusy);
    await assert.rejects(containers.agentPools.upgradeNodeImageVersion(group, 'c1', 'nodepool1'), isBusy);
    const before = structuredClone(server.region.manager.store.all());
    for (const path of [`${created.id ?? ''}/agentPools/gw`, `${created.id ?? ''}/agentPools/nodepool1`, created.id ?? '']) {
      const { status, body } = await server.call('DELETE', path);
      assert.deepEqual([status, body['code']], [409, 'OperationNotAllowed'], path);
    }
    assert.deepEqual(server.region.manager.store.all(), before);
    letJoin();
    await scaling;
    joining = undefined;
  });

  test('after a restart of the region everything that ran runs again', async () => {
    const machines = platform.machineNames();
    for (const name of machines) await platform.machines.powerOff(name, { skipShutdown: true });
    await server.restart();
    await pollUntil(
      'the machines run',
      async () => {
        const states = await Promise.all(machines.map(async (name) => platform.machines.powerState(name)));
        return states.every((state) => state === 'running') ? true : undefined;
      },
      { timeoutMs: 5000, intervalMs: 10 },
    );
    await putCluster({});
    assert.deepEqual(platform.machineNames(), machines);
  });

  test('a creation that a restart of the region interrupts goes on after it', async () => {
    const { promise, resolve: letJoin } = Promise.withResolvers<void>();
    joining = promise;
    const profile = { name: 'late', mode: 'System', count: 2 };
    const creating = containers.managedClusters.createOrUpdate(group, 'c3', { location, agentPoolProfiles: [profile] });
    await creating.submitted();
    await pollUntil('a node boots', () => platform.events().some((event) => event.startsWith('start aks-late-')) || undefined, {
      timeoutMs: 5000,
      intervalMs: 5,
    });
    await server.restart();
    letJoin();
    joining = undefined;
    assert.equal((await creating).provisioningState, 'Succeeded');
    assert.equal(nodesOf('late').length, 2);
    await containers.managedClusters.delete(group, 'c3');
  });

  test('a second cluster gets the next port, and its network may be brought along', async () => {
    await network.virtualNetworks.beginCreateOrUpdateAndWait(group, 'own', {
      location,
      addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
      subnets: [{ name: 'nodes', addressPrefix: '10.1.0.0/24' }],
    });
    const { id: vnetSubnetID = '' } = await network.subnets.get(group, 'own', 'nodes');
    const profile = { name: 'np', mode: 'System', count: 1, vnetSubnetID };
    await containers.managedClusters.createOrUpdate(group, 'c2', { location, agentPoolProfiles: [profile] });
    const { kubeconfigs } = await containers.managedClusters.listClusterUserCredentials(group, 'c2');
    assert.match(Buffer.from(kubeconfigs?.[0]?.value ?? '').toString(), /127\.0\.0\.1:17003/);
    assert.match(nodesOf('np')[0]?.address ?? '', /^10\.1\.0\./);
    await containers.managedClusters.delete(group, 'c2');
    assert.equal((await network.subnets.get(group, 'own', 'nodes')).ipConfigurations?.length, 0);
  });

  test('without gateway pools the feature goes off, and a gateway pool is refused', async () => {
    await containers.agentPools.delete(group, 'c1', 'gw');
    assert.equal(await scaleSetOf('gw'), undefined);
    const { networkProfile } = await readCluster();
    await putCluster({ networkProfile: { ...networkProfile, staticEgressGatewayProfile: { enabled: false } } });
    assert.equal((await readCluster()).networkProfile?.staticEgressGatewayProfile?.enabled, false);
    assert.equal(platform.features().has('c1'), false);
    await assert.rejects(putPool('gw', gatewayPool(2)), isError('StaticEgressGatewayNotEnabled', /not enabled on this cluster/));
  });

  test('a deleted cluster leaves nothing behind', async () => {
    await containers.managedClusters.delete(group, 'c1');
    assert.deepEqual(await Array.fromAsync(containers.managedClusters.list()), []);
    assert.deepEqual(platform.machineNames(), []);
    await assert.rejects(resources.resourceGroups.get(nodeGroup), isError('ResourceGroupNotFound', /MC_rg_c1_westus/));
    assert.deepEqual(
      platform.networkState().virtualNetworks.flatMap(({ ports }) => ports),
      [],
    );
  });

  test('deleting the group of a cluster deletes the cluster and its node resource group', async () => {
    await containers.managedClusters.createOrUpdate(group, 'c1', newCluster);
    await resources.resourceGroups.beginDeleteAndWait(group);
    assert.deepEqual(await Array.fromAsync(resources.resourceGroups.list()), []);
    assert.deepEqual(platform.machineNames(), []);
  });
});
