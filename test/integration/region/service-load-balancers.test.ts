import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ContainerServiceClient } from '@azure/arm-containerservice';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { pollUntil } from '../../../src/base/poll.ts';
import { connectByKubeConfig } from '../../../src/kube/kube-config.ts';
import { eventKind } from '../../../src/kube/events.ts';
import type { VirtualNetworkState } from '../../../src/region/fabric/network-state.ts';
import { type Service, serviceKind } from '../../../src/region/service-load-balancers/service.ts';
import { type ApiServer, startApiServer } from '../../support/api-server.ts';
import { createMemoryPlatform } from '../../support/memory-platform.ts';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'westus';
const nodeGroup = 'MC_rg_c1_westus';
const namespace = 'default';

describe('services of type LoadBalancer, with a real API server', () => {
  const platform = createMemoryPlatform();
  let api: ApiServer;
  let server: RegionServer;
  let network: NetworkManagementClient;
  let containers: ContainerServiceClient;

  before(async () => {
    api = await startApiServer();
    const connect: typeof platform.clusters.connect = async () =>
      connectByKubeConfig({ source: { text: api.kubeConfig }, userAgent: 'test' });
    server = await startRegionServer({ platform: { ...platform, clusters: { ...platform.clusters, connect } } });
    const { credential, subscriptionId, clientOptions } = server;
    network = new NetworkManagementClient(credential, subscriptionId, clientOptions);
    containers = new ContainerServiceClient(credential, subscriptionId, clientOptions);
    await new ResourceManagementClient(credential, subscriptionId, clientOptions).resourceGroups.createOrUpdate('rg', {
      location,
    });
    await containers.managedClusters.createOrUpdate('rg', 'c1', {
      location,
      identity: { type: 'SystemAssigned' },
      dnsPrefix: 'c1',
      agentPoolProfiles: [{ name: 'nodepool1', mode: 'System', count: 2 }],
    });
  });
  after(async () => {
    await server.close();
    await api.stop();
  });

  async function createService(name: string, spec: Service['spec'], annotations: Readonly<Record<string, string>> = {}) {
    await api.client.create(serviceKind, {
      metadata: { name, namespace, annotations },
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec },
    });
  }

  async function addressOf(name: string): Promise<string> {
    return pollUntil(
      `an address of ${name}`,
      async () => (await api.client.get(serviceKind, { namespace, name })).status?.loadBalancer?.ingress?.[0]?.ip,
      { timeoutMs: 10_000 },
    );
  }

  async function loadBalancer() {
    return network.loadBalancers.get(nodeGroup, 'kubernetes');
  }

  function rulesAt(address: string): VirtualNetworkState['loadBalancing'] {
    return platform
      .networkState()
      .virtualNetworks.flatMap(({ loadBalancing = [] }) => loadBalancing)
      .filter((rule) => rule.address === address);
  }

  async function warningOf(name: string): Promise<string> {
    return pollUntil(
      `a warning of ${name}`,
      async () => {
        const { items } = await api.client.list(eventKind, { namespace });
        return items.find((event) => event.type === 'Warning' && event.regarding?.name === name)?.note;
      },
      { timeoutMs: 10_000 },
    );
  }

  test('the nodes of a cluster leave by the rule of its load balancer, whose address the cluster names', async () => {
    const { outboundRules, frontendIPConfigurations: [frontend] = [], backendAddressPools = [] } = await loadBalancer();
    assert.deepEqual(
      [outboundRules, backendAddressPools].map((parts) => parts?.map(({ name }) => name)),
      [['aksOutboundRule'], ['aksOutboundBackendPool', 'kubernetes']],
    );
    for (const { backendIPConfigurations } of backendAddressPools) assert.equal(backendIPConfigurations?.length, 2);
    const { networkProfile } = await containers.managedClusters.get('rg', 'c1');
    assert.deepEqual(networkProfile?.loadBalancerProfile?.effectiveOutboundIPs, [frontend?.publicIPAddress]);
    const [address] = await Array.fromAsync(network.publicIPAddresses.list(nodeGroup));
    assert.equal(address?.ipConfiguration?.id, frontend?.id);
    const outbound = platform.networkState().virtualNetworks.flatMap((one) => one.outbound);
    assert.equal(outbound.filter(({ publicAddress }) => publicAddress === address?.ipAddress).length, 2);
  });

  test('a service gets a public address of its own, a frontend and a rule, and the fabric leads to the nodes', async () => {
    await createService('web', {});
    const address = await addressOf('web');
    const { metadata } = await api.client.get(serviceKind, { namespace, name: 'web' });
    const name = `a${metadata.uid?.replaceAll('-', '') ?? ''}`.slice(0, 32);
    const { loadBalancingRules, probes } = await loadBalancer();
    assert.deepEqual(
      loadBalancingRules?.map((rule) => [rule.name, rule.frontendPort, rule.backendPort, rule.enableFloatingIP]),
      [[`${name}-TCP-80`, 80, 80, true]],
    );
    assert.deepEqual(
      probes?.map(({ port, requestPath }) => [port, requestPath]),
      [[10_256, '/healthz']],
    );
    assert.equal((await network.publicIPAddresses.get(nodeGroup, `kubernetes-${name}`)).ipAddress, address);
    assert.deepEqual(
      rulesAt(address)?.map(({ protocol, port, keepsDestination }) => ({ protocol, port, keepsDestination })),
      [{ protocol: 'tcp', port: 80, keepsDestination: true }],
    );
    await pollUntil('both nodes are up', async () => (rulesAt(address)?.[0]?.backends.length === 2 ? true : undefined), {
      timeoutMs: 20_000,
    });
  });

  test('a further port, the local policy and session affinity change the rules, not the address', async () => {
    const address = await addressOf('web');
    const spec = {
      externalTrafficPolicy: 'Local',
      sessionAffinity: 'ClientIP',
      ports: [
        { name: 'http', port: 80 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    };
    const { spec: changed } = await api.client.patch(serviceKind, { namespace, name: 'web' }, { spec });
    await pollUntil('two rules', async () => (rulesAt(address)?.length === 2 ? true : undefined), { timeoutMs: 10_000 });
    const { probes, loadBalancingRules } = await loadBalancer();
    assert.deepEqual(
      probes?.map(({ port }) => port),
      [changed?.healthCheckNodePort],
    );
    assert.deepEqual(
      loadBalancingRules?.map(({ loadDistribution }) => loadDistribution),
      ['SourceIP', 'SourceIP'],
    );
    assert.equal(await addressOf('web'), address);
  });

  test('a service may bring its own public address, which stays when the service goes', async () => {
    const { ipAddress } = await network.publicIPAddresses.beginCreateOrUpdateAndWait(nodeGroup, 'mine', {
      location,
      sku: { name: 'Standard' },
      publicIPAllocationMethod: 'Static',
    });
    await createService('given', {}, { 'service.beta.kubernetes.io/azure-load-balancer-ipv4': ipAddress ?? '' });
    assert.equal(await addressOf('given'), ipAddress);
    await assert.rejects(network.publicIPAddresses.beginDeleteAndWait(nodeGroup, 'mine'), {
      code: 'PublicIPAddressCannotBeDeleted',
    });
    await api.client.delete(serviceKind, { namespace, name: 'given' });
    await gone('given');
    assert.equal((await network.publicIPAddresses.get(nodeGroup, 'mine')).ipConfiguration, undefined);
  });

  test('what the region cannot do is told in an event, and nothing is made', async () => {
    await createService('internal', {}, { 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' });
    assert.match(await warningOf('internal'), /no internal load balancers/);
    await createService('unknown', {}, { 'service.beta.kubernetes.io/azure-pls-create': 'true' });
    assert.match(await warningOf('unknown'), /azure-pls-create/);
    await createService('nowhere', { loadBalancerIP: '192.0.2.200' });
    assert.match(await warningOf('nowhere'), /192\.0\.2\.200 was not found in .*MC_rg_c1_westus/);
    assert.equal((await loadBalancer()).frontendIPConfigurations?.length, 2);
    for (const name of ['internal', 'unknown', 'nowhere']) await api.client.delete(serviceKind, { namespace, name });
    await gone('nowhere');
  });

  test('a service of another class is left alone', async () => {
    await createService('other', { loadBalancerClass: 'example.com/other' });
    await createService('marker', {});
    await addressOf('marker');
    const { metadata, status } = await api.client.get(serviceKind, { namespace, name: 'other' });
    assert.equal(metadata.finalizers, undefined);
    assert.equal(status?.loadBalancer?.ingress, undefined);
    await api.client.delete(serviceKind, { namespace, name: 'marker' });
    await gone('marker');
  });

  test('what happened while the region was down is made up for', async () => {
    await server.restart();
    await createService('later', {});
    await addressOf('later');
    await api.client.delete(serviceKind, { namespace, name: 'later' });
    await gone('later');
  });

  test('a service that becomes another type, and one that is deleted, give everything back', async () => {
    const address = await addressOf('web');
    await api.client.patch(serviceKind, { namespace, name: 'web' }, { spec: { type: 'ClusterIP' } });
    await pollUntil(
      'the status is empty',
      async () => {
        const { status, metadata } = await api.client.get(serviceKind, { namespace, name: 'web' });
        return status?.loadBalancer?.ingress === undefined && metadata.finalizers === undefined ? true : undefined;
      },
      { timeoutMs: 10_000 },
    );
    assert.deepEqual(rulesAt(address), []);
    const { frontendIPConfigurations, loadBalancingRules, probes } = await loadBalancer();
    assert.deepEqual([frontendIPConfigurations?.length, loadBalancingRules?.length, probes?.length], [1, 0, 0]);
    assert.deepEqual(
      (await Array.fromAsync(network.publicIPAddresses.list(nodeGroup))).map(({ name }) => name?.replace(/\d+/, '')),
      ['aks-outbound-', 'mine'],
    );
  });

  test('deleting the cluster deletes its load balancer and the addresses of its services', async () => {
    await createService('last', {});
    await addressOf('last');
    await containers.managedClusters.delete('rg', 'c1');
    assert.deepEqual(await Array.fromAsync(network.publicIPAddresses.listAll()), []);
    assert.deepEqual(await Array.fromAsync(network.loadBalancers.listAll()), []);
  });

  async function gone(name: string): Promise<void> {
    await pollUntil(
      `${name} is gone`,
      async () => ((await api.client.find(serviceKind, { namespace, name })) === undefined ? true : undefined),
      { timeoutMs: 10_000 },
    );
  }
});
