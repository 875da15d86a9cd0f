import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type AgentPool, ContainerServiceClient, type ManagedCluster } from '@azure/arm-containerservice';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { cidrContains, cidrsOverlap, parseCidr } from '../../../src/base/addresses.ts';
import type { NodeSpec } from '../../../src/cluster/cluster-platform.ts';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'local';
const group = 'rg';

describe('what az aks create and nodepool take', () => {
  let server: RegionServer;
  let containers: ContainerServiceClient;
  let network: NetworkManagementClient;
  let subnetIds: Readonly<Record<string, string>>;

  before(async () => {
    server = await startRegionServer();
    const { credential, subscriptionId, clientOptions } = server;
    containers = new ContainerServiceClient(credential, subscriptionId, clientOptions);
    network = new NetworkManagementClient(credential, subscriptionId, clientOptions);
    await new ResourceManagementClient(credential, subscriptionId, clientOptions).resourceGroups.createOrUpdate(group, {
      location,
    });
    await network.virtualNetworks.beginCreateOrUpdateAndWait(group, 'net', {
      location,
      addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
      subnets: [
        { name: 'a', addressPrefix: '10.1.0.0/24' },
        { name: 'b', addressPrefix: '10.1.1.0/24' },
        { name: 'pods', addressPrefix: '10.1.8.0/23' },
      ],
    });
    const found = await Array.fromAsync(network.subnets.list(group, 'net'));
    subnetIds = Object.fromEntries(found.map(({ name = '', id = '' }) => [name, id]));
  });
  after(async () => {
    await server.close();
  });

  async function create(name: string, cluster: Omit<ManagedCluster, 'location'> = {}): Promise<ManagedCluster> {
    return containers.managedClusters.createOrUpdate(group, name, {
      location,
      agentPoolProfiles: [{ name: 'nodepool1', mode: 'System', count: 1 }],
      ...cluster,
    });
  }

  function systemPool(count: number, subnet: string, pods?: string): NonNullable<ManagedCluster['agentPoolProfiles']>[number] {
    const podSubnetID = pods === undefined ? {} : { podSubnetID: subnetIds[pods] ?? '' };
    return { name: 'nodepool1', mode: 'System', count, vnetSubnetID: subnetIds[subnet] ?? '', ...podSubnetID };
  }

  async function change(cluster: string, pool: string, properties: Partial<AgentPool>): Promise<AgentPool> {
    const now = await containers.agentPools.get(group, cluster, pool);
    return containers.agentPools.createOrUpdate(group, cluster, pool, { ...now, ...properties });
  }

  /** Those of the cluster's scale sets, by name. */
  function nodesOf(nodeGroup: string): NodeSpec[] {
    return [...server.platform.nodes().values()]
      .filter(({ providerId }) => providerId.toLowerCase().includes(`/resourcegroups/${nodeGroup.toLowerCase()}/`))
      .toSorted((a, b) => a.name.localeCompare(b.name));
  }

  test('names, networks, zones and tags are as asked for', async () => {
    const created = await create('named', {
      tags: { team: 'net' },
      dnsPrefix: 'prefix',
      nodeResourceGroup: 'my-nodes',
      networkProfile: {
        networkPlugin: 'kubenet',
        podCidr: '10.50.0.0/16',
        serviceCidr: '10.60.0.0/20',
        dnsServiceIP: '10.60.0.53',
      },
      agentPoolProfiles: [
        { name: 'np', mode: 'System', count: 1, availabilityZones: ['1', '2'], tags: { cost: '1' }, maxPods: 50 },
      ],
    });
    const { networkProfile, nodeResourceGroup, tags, dnsPrefix, agentPoolProfiles = [] } = created;
    assert.deepEqual([nodeResourceGroup, tags, dnsPrefix], ['my-nodes', { team: 'net' }, 'prefix']);
    assert.deepEqual(
      [networkProfile?.networkPlugin, networkProfile?.networkPluginMode, networkProfile?.podCidrs, networkProfile?.serviceCidr],
      ['kubenet', undefined, ['10.50.0.0/16'], '10.60.0.0/20'],
    );
    const [pool] = agentPoolProfiles;
    assert.deepEqual([pool?.availabilityZones, pool?.tags, pool?.maxPods], [['1', '2'], { cost: '1' }, 50]);
    const [node] = nodesOf('my-nodes');
    assert.deepEqual([node?.podCidr.address, node?.maxPods], ['10.50.0.0', 50]);
    await containers.managedClusters.delete(group, 'named');
  });

  test('what is read only tells how it runs', async () => {
    const created = await create('shown');
    const { powerState, currentKubernetesVersion, maxAgentPools, identityProfile = {}, networkProfile } = created;
    assert.deepEqual([powerState?.code, currentKubernetesVersion, maxAgentPools], ['Running', '1.34.4', 100]);
    assert.match(String(created.resourceUID), /^[0-9a-f]{24}$/);
    assert.match(String(created.fqdn), /./);
    assert.match(String(created.eTag), /^[0-9a-f-]{36}$/);
    assert.match(String(identityProfile['kubeletidentity']?.resourceId), /userAssignedIdentities\/shown-agentpool$/);
    assert.equal(networkProfile?.loadBalancerProfile?.effectiveOutboundIPs?.length, 1);
  });

  test('so does what is read only of a pool', async () => {
    const pool = await containers.agentPools.get(group, 'shown', 'nodepool1');
    assert.deepEqual([pool.currentOrchestratorVersion, pool.powerState?.code, pool.maxPods], ['1.34.4', 'Running', 250]);
    assert.match(String(pool.eTag), /^[0-9a-f-]{36}$/);
  });

  test('an update with the etag that was read is taken, one with an old etag is not', async () => {
    const pool = await containers.agentPools.get(group, 'shown', 'nodepool1');
    const ifMatch = pool.eTag ?? '';
    const update = async (count: number): Promise<AgentPool> =>
      containers.agentPools.createOrUpdate(group, 'shown', 'nodepool1', { ...pool, count }, { ifMatch });
    assert.notEqual((await update(2)).eTag, ifMatch);
    await assert.rejects(update(1), { code: 'PreconditionFailed' });
    assert.equal((await containers.agentPools.get(group, 'shown', 'nodepool1')).count, 2);
    await assert.rejects(containers.agentPools.delete(group, 'shown', 'nodepool1', { ifMatch }), { code: 'PreconditionFailed' });
  });

  test('labels and taints of a running pool change on its nodes, and go again', async () => {
    const nodes = (): NodeSpec[] => nodesOf('MC_rg_shown_local');
    const machines = nodes().map(({ name }) => server.platform.machine(name)?.disks);
    await change('shown', 'nodepool1', { nodeLabels: { team: 'net', tier: 'one' }, nodeTaints: ['dedicated=net:NoSchedule'] });
    for (const { labels, taints } of nodes()) {
      assert.deepEqual([labels['team'], labels['tier']], ['net', 'one']);
      assert.deepEqual(taints, ['dedicated=net:NoSchedule']);
    }
    await change('shown', 'nodepool1', { nodeLabels: { tier: 'two' }, nodeTaints: [] });
    for (const { labels, taints, formerLabels, formerTaints } of nodes()) {
      assert.deepEqual([labels['team'], labels['tier'], taints], [undefined, 'two', []]);
      assert.deepEqual([formerLabels, formerTaints], [['team'], ['dedicated=net:NoSchedule']]);
    }
    await change('shown', 'nodepool1', { nodeLabels: { tier: 'two', team: 'again' } });
    assert.deepEqual(nodes()[0]?.formerLabels, []);
    assert.deepEqual(
      nodes().map(({ name }) => server.platform.machine(name)?.disks),
      machines,
      'no node was made again',
    );
  });

  test('a change of tags reaches what runs', async () => {
    const networkProfile = { staticEgressGatewayProfile: { enabled: true } };
    await create('tagged', { networkProfile, tags: { 'segw-host-network-pods': 'warn', team: 'a' } });
    assert.equal(server.platform.features().get('tagged')?.hostNetworkPods, 'warn');
    const updated = await containers.managedClusters.updateTags(group, 'tagged', { tags: { team: 'b' } });
    assert.deepEqual(updated.tags, { team: 'b' });
    assert.equal(server.platform.features().get('tagged')?.hostNetworkPods, 'refuse');
    assert.equal(
      (await containers.managedClusters.get(group, 'tagged')).networkProfile?.staticEgressGatewayProfile?.enabled,
      true,
    );
    await containers.managedClusters.delete(group, 'tagged');
  });

  describe('pods with addresses of the node subnet', () => {
    const subnet = parseCidr('10.1.0.0/24', 'subnet');

    test('have a block of it on each node, apart from every other address', async () => {
      const created = await create('flat', {
        networkProfile: { networkPlugin: 'azure' },
        agentPoolProfiles: [systemPool(2, 'a')],
      });
      assert.deepEqual(
        [created.networkProfile?.networkPluginMode, created.networkProfile?.podCidr, created.agentPoolProfiles?.[0]?.maxPods],
        [undefined, undefined, 30],
      );
      const nodes = nodesOf('MC_rg_flat_local');
      assert.deepEqual(nodes.map(({ podCidr }) => `${podCidr.address}/${String(podCidr.prefixLength)}`).toSorted(), [
        '10.1.0.128/26',
        '10.1.0.192/26',
      ]);
      for (const { podCidr, address } of nodes) assert.ok(cidrsOverlap(subnet, podCidr) && !cidrContains(podCidr, address));
    });

    test('have it also in the network that the service makes', async () => {
      await create('plain', { networkProfile: { networkPlugin: 'azure' } });
      assert.deepEqual(
        nodesOf('MC_rg_plain_local').map(({ podCidr }) => podCidr),
        [parseCidr('10.224.255.192/26', 'block')],
      );
      await containers.managedClusters.delete(group, 'plain');
    });

    test('are routed to their node', () => {
      const state = server.platform.networkState().virtualNetworks.find(({ subnets }) => subnets.length === 3);
      assert.deepEqual(
        state?.routes.map(({ destination }) => destination),
        nodesOf('MC_rg_flat_local').map(({ podCidr }) => podCidr),
      );
    });

    test('fill a subnet, which is said when there is no room for another node', async () => {
      await assert.rejects(change('flat', 'nodepool1', { count: 4 }), {
        code: 'InsufficientSubnetSize',
        message: /Pre-allocated IPs 260 exceeds IPs available 251 in Subnet Cidr 10\.1\.0\.0\/24, Subnet Name a/,
      });
      assert.equal((await containers.agentPools.get(group, 'flat', 'nodepool1')).count, 2);
    });

    test('another cluster in the same subnet stays clear of them', async () => {
      await create('beside', { agentPoolProfiles: [systemPool(1, 'a')] });
      const blocks = nodesOf('MC_rg_flat_local').map(({ podCidr }) => podCidr);
      const [node] = nodesOf('MC_rg_beside_local');
      assert.ok(node && blocks.every((block) => !cidrContains(block, node.address)));
      await containers.managedClusters.delete(group, 'beside');
    });

    test('or of a subnet of their own, which is in use then', async () => {
      await create('split', { networkProfile: { networkPlugin: 'azure' }, agentPoolProfiles: [systemPool(1, 'b', 'pods')] });
      const [node] = nodesOf('MC_rg_split_local');
      assert.deepEqual(node?.podCidr, parseCidr('10.1.9.192/26', 'block'));
      await assert.rejects(network.subnets.beginDeleteAndWait(group, 'net', 'pods'), { code: 'InUseSubnetCannotBeDeleted' });
      await containers.managedClusters.delete(group, 'split');
      await containers.managedClusters.delete(group, 'flat');
      await network.subnets.beginDeleteAndWait(group, 'net', 'pods');
    });
  });

  describe('several clusters at once', () => {
    test('in one network and in several, each with addresses and a port of its own', async () => {
      const podCidr = (index: number) => ({ podCidr: `10.${String(100 + index)}.0.0/16` });
      await Promise.all([
        create('s0', { agentPoolProfiles: [systemPool(2, 'a')], networkProfile: podCidr(0) }),
        create('s1', { agentPoolProfiles: [systemPool(2, 'a')], networkProfile: podCidr(1) }),
        create('s2', { agentPoolProfiles: [systemPool(2, 'b')], networkProfile: podCidr(2) }),
        create('s3'),
        create('s4'),
      ]);
      const { virtualNetworks } = server.platform.networkState();
      for (const { ports } of virtualNetworks) {
        const addresses = ports.flatMap((port) => port.addresses);
        assert.equal(new Set(addresses).size, addresses.length);
      }
      const shared = virtualNetworks.find(({ subnets }) => subnets.some(({ address }) => address === '10.1.1.0'));
      assert.equal(shared?.ports.filter(({ machine }) => machine.endsWith('-cp')).length, 3);
      assert.equal(shared.ports.length, 9);
      const names = ['s0', 's1', 's2', 's3', 's4'];
      const kubeconfigs = await Promise.all(
        names.map(async (name) => containers.managedClusters.listClusterAdminCredentials(group, name)),
      );
      const servers = kubeconfigs.map(
        ({ kubeconfigs: [config] = [] }) =>
          /server: "(?<url>[^"]+)"/.exec(Buffer.from(config?.value ?? '').toString())?.groups?.['url'],
      );
      assert.equal(new Set(servers).size, names.length);
    });

    test('a pod network has as many nodes as it has room for', async () => {
      await assert.rejects(
        create('small', {
          networkProfile: { podCidr: '10.244.0.0/23' },
          agentPoolProfiles: [{ name: 'np', mode: 'System', count: 3 }],
        }),
        {
          code: 'InsufficientSubnetSize',
          message: /Pre-allocated IPs 768 exceeds IPs available 512 in Subnet Cidr 10\.244\.0\.0\/23/,
        },
      );
      await assert.rejects(containers.managedClusters.get(group, 'small'), { code: 'ResourceNotFound' });
    });

    test('there are as many as loopback ports for their API servers', async () => {
      const small = await startRegionServer({ settings: { maxClusters: 1 } });
      try {
        const cluster = (name: string): string =>
          `/subscriptions/${small.subscriptionId}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/${name}`;
        await small.call('PUT', cluster('').replace(/\/providers.*/, ''), { location });
        const body = { location, properties: { agentPoolProfiles: [{ name: 'np', mode: 'System', count: 1 }] } };
        assert.equal((await small.call('PUT', cluster('one'), body)).status, 201);
        const refused = await small.call('PUT', cluster('two'), body);
        assert.deepEqual([refused.status, refused.body['code']], [400, 'QuotaExceeded']);
        assert.equal((await small.call('GET', cluster('two'))).status, 404);
      } finally {
        await small.close();
      }
    });

    test('deleting one leaves the others as they are', async () => {
      const others = ['MC_rg_s1_local', 'MC_rg_s2_local', 'MC_rg_s3_local'].map((name) => nodesOf(name));
      await containers.managedClusters.delete(group, 's0');
      assert.deepEqual(
        nodesOf('MC_rg_s0_local').filter(({ name }) => server.platform.machine(name)),
        [],
      );
      assert.deepEqual(
        ['MC_rg_s1_local', 'MC_rg_s2_local', 'MC_rg_s3_local'].map((name) => nodesOf(name)),
        others,
      );
    });
  });
});
