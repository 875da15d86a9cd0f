import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SegwError } from '../../../base/error.ts';
import { parseAgentPool } from './agent-pool-body.ts';
import type { AgentPool } from './cluster-records.ts';
import { parseManagedCluster } from './managed-cluster-body.ts';
import { managedClusterProblems } from './managed-cluster-rules.ts';

const cluster = { id: '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c1', name: 'c1' };
const systemPool = { name: 'nodepool1', mode: 'System', count: 1 };

interface Change {
  readonly name?: string;
  readonly properties?: object;
  readonly profiles?: readonly { readonly name: string; readonly mode?: string }[];
  /** `properties` as they were; absent: a new cluster. */
  readonly before?: object;
  readonly pools?: Readonly<Record<string, object>>;
}

function problemsOf({
  name = cluster.name,
  properties = {},
  profiles = [systemPool],
  before,
  pools = { nodepool1: { mode: 'System' } },
}: Change) {
  const bodyBefore = before && parseManagedCluster({ location: 'local', properties: before }, cluster, undefined);
  return managedClusterProblems({
    name,
    body: parseManagedCluster({ location: 'local', properties }, cluster, bodyBefore),
    before: bodyBefore,
    profiles,
    nodeSubnet: { address: '10.224.0.0', prefixLength: 16 },
    pools: before === undefined ? [] : Object.entries(pools).map(([poolName, wire]) => toPool(poolName, wire)),
  });
}

function toPool(name: string, wire: object): AgentPool {
  return {
    id: `${cluster.id}/agentPools/${name}`,
    type: 'Microsoft.ContainerService/managedClusters/agentPools',
    name,
    body: parseAgentPool({ properties: wire }, undefined),
    state: {},
    etag: 'e',
    provisioningState: 'Succeeded',
  };
}

const enabled = { networkProfile: { staticEgressGatewayProfile: { enabled: true } } };
const disabled = { networkProfile: { staticEgressGatewayProfile: { enabled: false } } };

const refusals: readonly (Change & {
  readonly what: string;
  readonly code: string;
  readonly target: string;
  readonly message: RegExp;
})[] = [
  {
    what: 'disabling static egress gateway beside gateway pools',
    before: enabled,
    properties: disabled,
    pools: { nodepool1: { mode: 'System' }, gw1: { mode: 'Gateway', count: 2 }, gw2: { mode: 'Gateway', count: 2 } },
    code: 'StaticEgressGatewayNodepoolsExist',
    target: 'properties.networkProfile.staticEgressGatewayProfile.enabled',
    message: /gateway agentpools: gw1, gw2\. Delete them first/,
  },
  {
    what: 'enabling it on a cluster with Azure CNI Pod Subnet',
    before: {},
    properties: enabled,
    pools: { nodepool1: { mode: 'System', podSubnetID: '/subscriptions/s' } },
    code: 'StaticEgressGatewayPodSubnetNotSupported',
    target: 'properties.podSubnetID',
    message: /agentpool nodepool1 uses/,
  },
  {
    what: 'dual-stack',
    properties: { networkProfile: { ipFamilies: ['IPv4', 'IPv6'] } },
    code: 'NotSupportedInThisRegion',
    target: 'properties.networkProfile.ipFamilies',
    message: /IPv6 and dual-stack/,
  },
  {
    what: 'eBPF host routing',
    properties: { networkProfile: { networkDataplane: 'cilium' } },
    code: 'NotSupportedInThisRegion',
    target: 'properties.networkProfile.networkDataplane',
    message: /cilium; allowed: azure/,
  },
  {
    what: 'a new pool through the cluster',
    before: {},
    profiles: [systemPool, { name: 'pool2' }],
    code: 'BadRequest',
    target: 'agentPoolProfiles',
    message: /A new agent pool was introduced\. .* Add pool2/,
  },
  {
    what: 'no pools at all',
    profiles: [],
    code: 'InvalidParameter',
    target: 'agentPoolProfiles',
    message: /Required parameter agentPoolProfiles is missing/,
  },
  {
    what: 'no system pool',
    profiles: [{ name: 'pool1', mode: 'User' }],
    code: 'BadRequest',
    target: 'agentPoolProfiles',
    message: /^Must define at least one system pool\.$/,
  },
  { what: 'a bad name', name: '-c', code: 'InvalidParameter', target: 'resourceName', message: /1 to 63/ },
  {
    what: 'another version',
    properties: { kubernetesVersion: '1.20' },
    code: 'K8sVersionNotSupported',
    target: 'properties.kubernetesVersion',
    message: /version 1\.20/,
  },
  {
    what: 'another pod network later',
    before: {},
    properties: { networkProfile: { podCidr: '10.245.0.0/16' } },
    code: 'PropertyChangeNotAllowed',
    target: 'properties.networkProfile.podCidr',
    message: /^Changing property/,
  },
  {
    what: 'a pod network that is too small for a node',
    properties: { networkProfile: { podCidr: '10.244.0.0/25' } },
    code: 'InvalidNetworkProfile',
    target: 'properties.networkProfile.podCidr',
    message: /every node gets a \/24/,
  },
  {
    what: 'a pod network over the node subnet',
    properties: { networkProfile: { podCidr: '10.224.0.0/20' } },
    code: 'InvalidNetworkProfile',
    target: 'properties.networkProfile.podCidr',
    message: /overlaps with the node subnet 10\.224\.0\.0\/16/,
  },
  {
    what: 'services over pods',
    properties: { networkProfile: { serviceCidr: '10.244.8.0/24', dnsServiceIP: '10.244.8.10' } },
    code: 'InvalidNetworkProfile',
    target: 'properties.networkProfile.serviceCidr',
    message: /overlaps with podCidr/,
  },
  {
    what: 'a DNS address outside the services',
    properties: { networkProfile: { dnsServiceIP: '10.1.0.10' } },
    code: 'InvalidNetworkProfile',
    target: 'properties.networkProfile.dnsServiceIP',
    message: /has to lie in serviceCidr/,
  },
];

describe('managed cluster rules', () => {
  for (const { what, code, target, message, ...change } of refusals)
    it(`refuse ${what}`, () => {
      const problems = problemsOf(change);
      assert.deepEqual(
        problems.map((problem) => ({ code: problem.code, target: problem.target })),
        [{ code, target }],
      );
      assert.match(problems[0]?.message ?? '', message);
    });

  it('refuse what is no network', () => {
    assert.throws(
      () => problemsOf({ properties: { networkProfile: { podCidr: 'pods' } } }),
      (error) => error instanceof SegwError && error.code === 'InvalidInput' && error.message.includes('networkProfile.podCidr'),
    );
  });

  const accepted: readonly (Change & { readonly what: string })[] = [
    { what: 'a cluster of defaults' },
    { what: 'empty strings where the service chooses', properties: { kubernetesVersion: '', networkProfile: { podCidr: '' } } },
    { what: 'the version by its first two numbers', properties: { kubernetesVersion: '1.34' } },
    { what: 'disabling without gateway pools', before: enabled, properties: disabled },
    { what: 'an update that names no pools', before: {}, profiles: [], properties: enabled },
  ];
  for (const { what, ...change } of accepted)
    it(`accept ${what}`, () => {
      assert.deepEqual(problemsOf(change), []);
    });
});
