import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { ContainerServiceClient } from '@azure/arm-containerservice';
import { ResourceManagementClient } from '@azure/arm-resources';
import { pollUntil } from '../../../src/base/poll.ts';
import { createMemoryPlatform } from '../../support/memory-platform.ts';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'local';
const group = 'rg';

describe('versions and upgrades over the SDK', () => {
  const platform = createMemoryPlatform();
  /** Nodes that do not become Ready. */
  let isHeld = (_name: string): boolean => false;
  let server: RegionServer;
  let containers: ContainerServiceClient;

  before(async () => {
    const { clusters } = platform;
    const ensureNodeReady: typeof clusters.ensureNodeReady = async (cluster, node, signal) => {
      if (isHeld(node.name)) await once(signal, 'abort');
      await clusters.ensureNodeReady(cluster, node, signal);
    };
    server = await startRegionServer({ platform: { ...platform, clusters: { ...clusters, ensureNodeReady } } });
    const { credential, subscriptionId, clientOptions } = server;
    containers = new ContainerServiceClient(credential, subscriptionId, clientOptions);
    await new ResourceManagementClient(credential, subscriptionId, clientOptions).resourceGroups.createOrUpdate(group, {
      location,
    });
    await containers.managedClusters.createOrUpdate(group, 'c1', {
      location,
      agentPoolProfiles: [
        { name: 'nodepool1', mode: 'System', count: 2 },
        { name: 'gw', mode: 'Gateway', count: 2 },
      ],
      networkProfile: { staticEgressGatewayProfile: { enabled: true } },
    });
  });
  after(async () => {
    await server.close();
  });

  /** `reimage aks-gw-12345678-vmss000000` as `reimage gw 0`. */
  function eventsSince(count: number): string[] {
    return platform
      .events()
      .slice(count)
      .map((event) => event.replace(/aks-(\w+)-\d{8}-vmss0*(\d)$/, '$1 $2'));
  }

  test('there is one version, and nothing to upgrade to', async () => {
    const { values = [] } = await containers.managedClusters.listKubernetesVersions(location);
    assert.deepEqual(
      values.map(({ version, isDefault, patchVersions }) => ({ version, isDefault, patchVersions })),
      [{ version: '1.34', isDefault: true, patchVersions: { '1.34.4': { upgrades: [] } } }],
    );
    const profile = await containers.managedClusters.getUpgradeProfile(group, 'c1');
    assert.deepEqual(
      [profile.controlPlaneProfile, ...profile.agentPoolProfiles].map(({ name, kubernetesVersion, upgrades }) => [
        name,
        kubernetesVersion,
        upgrades,
      ]),
      ['c1', 'nodepool1', 'gw'].map((name) => [name, '1.34.4', []]),
    );
    const pool = await containers.agentPools.getUpgradeProfile(group, 'c1', 'GW');
    assert.deepEqual([pool.osType, pool.latestNodeImageVersion], ['Linux', 'AKSDebian-containerd-1.34.4']);
    const { agentPoolVersions } = await containers.agentPools.getAvailableAgentPoolVersions(group, 'c1');
    assert.deepEqual(
      agentPoolVersions?.map(({ kubernetesVersion, default: isDefault }) => [kubernetesVersion, isDefault]),
      [['1.34.4', true]],
    );
  });

  test('what is not there has no upgrade profile', async () => {
    await assert.rejects(containers.managedClusters.getUpgradeProfile(group, 'c9'), { code: 'ResourceNotFound' });
    await assert.rejects(containers.agentPools.getUpgradeProfile(group, 'c1', 'no'), { code: 'ResourceNotFound' });
  });

  test('an upgrade of the node image takes one drained node after the other, each serves before the next one goes', async () => {
    const network = platform.networkState();
    const nodes = [...platform.nodes().keys()];
    const before = platform.events().length;
    await containers.agentPools.upgradeNodeImageVersion(group, 'c1', 'gw');
    assert.deepEqual(
      eventsSince(before),
      [0, 1].flatMap((node) => ['leave', 'wipe', 'start', 'join', 'serve'].map((step) => `${step} gw ${String(node)}`)),
    );
    assert.deepEqual(platform.networkState(), network, 'every address is kept');
    assert.deepEqual([...platform.nodes().keys()].toSorted(), nodes.toSorted());
    assert.equal((await containers.agentPools.get(group, 'c1', 'gw')).provisioningState, 'Succeeded');
  });

  test('other pools are upgraded in the same way', async () => {
    const before = platform.events().length;
    await containers.agentPools.upgradeNodeImageVersion(group, 'c1', 'nodepool1');
    const steps = eventsSince(before);
    assert.deepEqual(
      steps,
      [0, 1].flatMap((node) => ['leave', 'wipe', 'start', 'join'].map((step) => `${step} nodepool1 ${String(node)}`)),
    );
  });

  test('what a restart of the region interrupts goes on with the node at which it was', async () => {
    const before = platform.events().length;
    isHeld = (name) => name.endsWith('vmss000001');
    const upgrading = containers.agentPools.upgradeNodeImageVersion(group, 'c1', 'gw');
    await upgrading.submitted();
    await pollUntil('the second node boots', () => eventsSince(before).includes('start gw 1') || undefined, {
      timeoutMs: 5000,
      intervalMs: 5,
    });
    isHeld = () => false;
    await server.restart();
    await upgrading;
    const steps = eventsSince(before);
    for (const node of ['gw 0', 'gw 1'])
      assert.equal(steps.filter((step) => step === `leave ${node}`).length, 1, steps.join(', '));
    assert.deepEqual(steps.slice(-2), ['join gw 1', 'serve gw 1']);
  });

  test('an upgrade to the version that the pool has changes nothing', async () => {
    const before = platform.events().length;
    const pool = await containers.agentPools.get(group, 'c1', 'gw');
    await containers.agentPools.createOrUpdate(group, 'c1', 'gw', { ...pool, orchestratorVersion: '1.34' });
    await containers.managedClusters.createOrUpdate(group, 'c1', {
      ...(await containers.managedClusters.get(group, 'c1')),
      kubernetesVersion: '1.34.4',
    });
    assert.deepEqual(eventsSince(before), []);
    assert.equal((await containers.managedClusters.get(group, 'c1')).currentKubernetesVersion, '1.34.4');
  });
});
