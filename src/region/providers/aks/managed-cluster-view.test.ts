import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAgentPool } from './agent-pool-body.ts';
import { toAgentPoolProperties } from './agent-pool-view.ts';
import { agentPoolId, agentPoolType, managedClusterType } from './aks-names.ts';
import type { AgentPool, ManagedCluster } from './cluster-records.ts';
import { surroundingsOf } from './cluster-surroundings.ts';
import { parseAgentPoolProfiles, parseManagedCluster } from './managed-cluster-body.ts';
import { managedClusterProblems } from './managed-cluster-rules.ts';
import { toManagedCluster } from './managed-cluster-view.ts';

const id = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c1';

/** What az 2.91 sends for `az aks create -n c1 -g rg --enable-static-egress-gateway` (arm-facts 1.4). */
const sentByAz = {
  location: 'westus',
  sku: { name: 'Base', tier: 'Free' },
  identity: { type: 'SystemAssigned' },
  properties: {
    kubernetesVersion: '',
    dnsPrefix: 'c1-rg-111111',
    enableRBAC: true,
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
        enableEncryptionAtHost: false,
        enableUltraSSD: false,
        enableFIPS: false,
        nodeTaints: [],
        scaleSetPriority: 'Regular',
        upgradeSettings: {},
      },
    ],
    linuxProfile: { adminUsername: 'azureuser', ssh: { publicKeys: [{ keyData: 'ssh-rsa AAAA' }] } },
    networkProfile: {
      loadBalancerSku: 'standard',
      outboundType: 'loadBalancer',
      staticEgressGatewayProfile: { enabled: true },
    },
    addonProfiles: {},
    storageProfile: {},
    bootstrapProfile: { artifactSource: 'Direct' },
  },
};

const [profile] = sentByAz.properties.agentPoolProfiles;
const pool: AgentPool = {
  id: agentPoolId(id, 'nodepool1'),
  type: agentPoolType,
  name: 'nodepool1',
  body: parseAgentPool({ properties: profile }, undefined),
  state: {},
  etag: 'pool-etag',
  provisioningState: 'Succeeded',
};
const cluster: ManagedCluster = {
  id,
  type: managedClusterType,
  name: 'c1',
  body: parseManagedCluster(sentByAz, { id, name: 'c1' }, undefined),
  state: { apiPort: 17_002, nodeSubnetId: '/subnets/aks-subnet', identity: { clientId: 'c', principalId: 'p' } },
  etag: 'cluster-etag',
  provisioningState: 'Succeeded',
};

describe('a managed cluster on the wire', () => {
  it('shows what az and the SDKs read', () => {
    const wire = toManagedCluster(cluster, [pool], 'tenant');
    assert.equal(wire['eTag'], 'cluster-etag');
    assert.deepEqual(wire['identity'], { type: 'SystemAssigned', tenantId: 'tenant', principalId: 'p' });
    const { properties } = JSON.parse(JSON.stringify(wire));
    assert.equal(properties.nodeResourceGroup, 'MC_rg_c1_westus');
    assert.equal(properties.kubernetesVersion, '1.34');
    assert.deepEqual(properties.networkProfile.podCidrs, ['10.244.0.0/16']);
    const { name, count, vmSize, eTag } = properties.agentPoolProfiles[0];
    assert.deepEqual([name, count, vmSize, eTag], ['nodepool1', 3, 'Standard_D2s_v5', 'pool-etag']);
  });

  it('as it was read is an update that changes nothing', () => {
    const { identity: _readOnly, ...wire } = toManagedCluster(cluster, [pool], 'tenant');
    const request = { ...wire, location: 'westus', tags: {}, identity: { type: 'SystemAssigned', principalId: 'p' } };
    const body = parseManagedCluster(request, cluster, cluster.body);
    assert.deepEqual(
      { ...body, properties: { ...body.properties, kubernetesVersion: undefined } },
      {
        ...cluster.body,
        properties: { ...cluster.body.properties, kubernetesVersion: undefined },
      },
    );
    const profiles = parseAgentPoolProfiles(request) ?? [];
    const surroundings = surroundingsOf({ get: () => undefined, list: () => [] }, id, undefined);
    assert.deepEqual(
      managedClusterProblems({ name: 'c1', body, before: cluster.body, profiles, surroundings, pools: [pool] }),
      [],
    );
    assert.deepEqual(parseAgentPool({ properties: profiles[0] }, pool.body.properties), pool.body);
    assert.deepEqual(parseAgentPool({ properties: toAgentPoolProperties(pool) }, pool.body.properties), pool.body);
  });
});
