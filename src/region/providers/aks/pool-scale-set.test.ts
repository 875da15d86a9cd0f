import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAgentPool } from './agent-pool-body.ts';
import { agentPoolId, agentPoolType, clusterDigits } from './aks-names.ts';
import type { AgentPool } from './cluster-records.ts';
import { desiredScaleSet, desiredScaleSetChange } from './pool-scale-set.ts';

const clusterId = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c1';
const place = {
  clusterId,
  location: 'local',
  subnetId: '/subnets/aks-subnet',
  loadBalancerId: '/lb',
  kubeletIdentityId: '/kubelet',
};

function pool(wire: object): AgentPool {
  return {
    id: agentPoolId(clusterId, 'gw'),
    type: agentPoolType,
    name: 'gw',
    body: parseAgentPool({ properties: wire }, undefined),
    state: {},
    etag: 'e',
    provisioningState: 'Creating',
  };
}

const gateway = pool({ mode: 'Gateway', count: 3, gatewayProfile: { publicIPPrefixSize: 30 }, tags: { team: 'net' } });

describe('the scale set of a pool', () => {
  it('of a gateway pool carries the tags by which static egress gateway finds it', () => {
    const { tags, sku } = desiredScaleSet(gateway, place);
    assert.deepEqual(tags, { team: 'net', 'aks-managed-poolName': 'gw', 'aks-managed-gatewayIPPrefixSize': '30' });
    assert.deepEqual(sku, { name: 'Standard_D2s_v5', tier: 'Standard', capacity: 3 });
  });

  it('has the identity of the cluster’s nodes', () => {
    const identity = { type: 'UserAssigned', userAssignedIdentities: { '/kubelet': {} } };
    assert.deepEqual(desiredScaleSet(gateway, place)['identity'], identity);
  });

  it('of another pool has no prefix size', () => {
    assert.deepEqual(desiredScaleSet(pool({}), place)['tags'], { 'aks-managed-poolName': 'gw' });
  });

  it('marks interface and IP configuration as primary and names the pool to its instances', () => {
    const text = JSON.stringify(desiredScaleSet(gateway, place));
    assert.equal(text.match(/"primary":true/g)?.length, 2);
    assert.ok(text.includes(`"settings":{"clusterId":"${clusterId}","agentPool":"gw"}`));
    assert.ok(text.includes(`"computerNamePrefix":"aks-gw-${clusterDigits(clusterId)}-vmss"`));
  });

  it('when it exists keeps its network model and tags of others, and loses tags that its pool had once', () => {
    const existing = {
      ...gateway,
      body: { location: 'local', tags: { foreign: 'kept', old: 'gone', 'aks-managed-poolName': 'stale' } },
      provisioningState: 'Succeeded' as const,
    };
    assert.deepEqual(desiredScaleSetChange({ ...gateway, state: { formerTags: ['old'] } }, existing), {
      location: 'local',
      tags: { foreign: 'kept', team: 'net', 'aks-managed-poolName': 'gw', 'aks-managed-gatewayIPPrefixSize': '30' },
      sku: { name: 'Standard_D2s_v5', tier: 'Standard', capacity: 3 },
    });
  });
});
