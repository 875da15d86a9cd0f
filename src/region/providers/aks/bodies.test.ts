import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { SegwError } from '../../../base/error.ts';
import { ArmError } from '../../arm/errors.ts';
import { parseAgentPool } from './agent-pool-body.ts';
import { agentPoolProblems } from './agent-pool-rules.ts';
import { surroundingsOf } from './cluster-surroundings.ts';
import { parseAgentPoolProfiles, parseManagedCluster } from './managed-cluster-body.ts';
import { managedClusterProblems } from './managed-cluster-rules.ts';

const cluster = { id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c1', name: 'c1' };
const surroundings = surroundingsOf({ get: () => undefined, list: () => [] }, cluster.id, undefined);

/** Objects of members that the schemas know, with anything in them. */
function anyBody(members: readonly string[], nested: readonly string[]): fc.Arbitrary<unknown> {
  const value = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...nested), fc.jsonValue()));
  const properties = fc.dictionary(fc.constantFrom(...members), value);
  return fc.oneof(
    fc.jsonValue(),
    fc.record({ location: fc.jsonValue(), tags: fc.jsonValue(), properties }, { requiredKeys: [] }),
  );
}

function isRefusal(error: unknown): boolean {
  return (error instanceof ArmError && error.status === 400) || (error instanceof SegwError && error.code === 'InvalidInput');
}

function assertOnlyRefuses(work: () => void): void {
  try {
    work();
  } catch (error) {
    assert.ok(isRefusal(error), String(error));
  }
}

const poolMembers = [
  'mode',
  'type',
  'osType',
  'count',
  'vmSize',
  'gatewayProfile',
  'nodeLabels',
  'nodeTaints',
  'tags',
  'podSubnetID',
];
const clusterMembers = [
  'kubernetesVersion',
  'networkProfile',
  'agentPoolProfiles',
  'nodeResourceGroup',
  'linuxProfile',
  'dnsPrefix',
];
const networkMembers = ['podCidr', 'serviceCidr', 'dnsServiceIP', 'ipFamilies', 'staticEgressGatewayProfile'];

describe('bodies of clusters and pools', () => {
  it('whatever is sent as a pool is taken or refused', () => {
    fc.assert(
      fc.property(anyBody(poolMembers, ['publicIPPrefixSize', 'a']), (body) => {
        assertOnlyRefuses(() => {
          const { properties } = parseAgentPool(body, undefined);
          agentPoolProblems({ pool: 'p', properties, before: undefined, isFeatureEnabled: true, hasOtherSystemPool: true });
        });
      }),
    );
  });

  it('whatever is sent as a cluster is taken or refused', () => {
    fc.assert(
      fc.property(anyBody(clusterMembers, networkMembers), (request) => {
        assertOnlyRefuses(() => {
          const body = parseManagedCluster(request, cluster, undefined);
          const profiles = parseAgentPoolProfiles(request) ?? [];
          managedClusterProblems({ name: 'c1', body, before: undefined, profiles, surroundings, pools: [] });
        });
      }),
    );
  });

  it('what is absent in a pool stays as it was, and is the default in a new one', () => {
    const pool = parseAgentPool({ properties: { mode: 'gateway', count: 2 } }, undefined).properties;
    assert.deepEqual(
      [pool.mode, pool.vmSize, pool.gatewayProfile, pool.osType],
      ['Gateway', 'Standard_D2s_v5', { publicIPPrefixSize: 31 }, 'Linux'],
    );
    assert.deepEqual(parseAgentPool({ properties: {} }, pool).properties, pool);
    assert.deepEqual(parseAgentPool({ properties: { count: null, vmSize: '' } }, pool).properties, pool);
  });

  it('what is absent in a cluster stays as it was, but tags are replaced', () => {
    const before = parseManagedCluster(
      {
        location: 'West US',
        tags: { a: 'b' },
        properties: { networkProfile: { staticEgressGatewayProfile: { enabled: true } } },
      },
      cluster,
      undefined,
    );
    assert.equal(before.properties.nodeResourceGroup, 'MC_rg_c1_westus');
    assert.deepEqual(parseManagedCluster({ properties: {} }, cluster, before), { ...before, tags: {} });
  });
});
