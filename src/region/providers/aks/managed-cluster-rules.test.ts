import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCidr } from '../../../base/addresses.ts';
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
  readonly neighbours?: readonly { readonly name: string; readonly podCidr: string }[];
}

function problemsOf({
  name = cluster.name,
  properties = {},
  profiles = [systemPool],
  before,
  pools = { nodepool1: { mode: 'System' } },
  neighbours = [],
}: Change) {
  const bodyBefore = before && parseManagedCluster({ location: 'local', properties: before }, cluster, undefined);
  return managedClusterProblems({
    name,
    body: parseManagedCluster({ location: 'local', properties }, cluster, bodyBefore),
    before: bodyBefore,
    profiles,
    surroundings: {
      addressSpace: [parseCidr('10.224.0.0/12', 'space')],
      subnets: [parseCidr('10.224.0.0/16', 'subnet')],
      neighbours,
    },
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
    what: 'a pod network in the virtual network',
    properties: { networkProfile: { podCidr: '10.230.0.0/20' } },
    code: 'NetworkProfileCIDROverlapVNET',
    target: 'networkProfile.podCIDR',
    message: /^NetworkProfile CIDR 10\.230\.0\.0\/20 overlaps with reserved VNET CIDR 10\.224\.0\.0\/12$/,
  },
  {
    what: 'the pod network of another cluster in the virtual network',
    neighbours: [{ name: 'c0', podCidr: '10.244.128.0/17' }],
    code: 'PodCidrOverlapExistingCluster',
    target: 'networkProfile.podCIDR',
    message: /10\.244\.0\.0\/16 overlaps with the pod network 10\.244\.128\.0\/17 of cluster c0/,
  },
  {
    what: 'services in a subnet',
    properties: { networkProfile: { serviceCidr: '10.224.8.0/24', dnsServiceIP: '10.224.8.10' } },
    code: 'ServiceCidrOverlapExistingSubnetsCidr',
    target: 'networkProfile.serviceCIDR',
    message: /^The specified service CIDR 10\.224\.8\.0\/24 is conflicted with an existing subnet CIDR 10\.224\.0\.0\/16$/,
  },
  {
    what: 'a pod network beside pods in the node subnet',
    properties: { networkProfile: { networkPlugin: 'azure', podCidr: '10.250.0.0/16' } },
    code: 'InvalidNetworkProfile',
    target: 'properties.networkProfile.podCidr',
    message: /networkPluginMode overlay, or leave podCidr out/,
  },
  {
    what: 'overlay with kubenet',
    properties: { networkProfile: { networkPlugin: 'kubenet', networkPluginMode: 'overlay' } },
    code: 'InvalidNetworkProfile',
    target: 'properties.networkProfile.networkPluginMode',
    message: /not to kubenet/,
  },
  {
    what: 'dual-stack by two pod networks',
    properties: { networkProfile: { podCidrs: ['10.244.0.0/16', 'fd00::/64'] } },
    code: 'NotSupportedInThisRegion',
    target: 'properties.networkProfile.ipFamilies',
    message: /IPv6 and dual-stack/,
  },
  {
    what: 'a pool twice',
    profiles: [systemPool, { name: 'NodePool1' }],
    code: 'InvalidParameter',
    target: 'agentPoolProfiles',
    message: /nodepool1 occurs more than once/,
  },
  {
    what: 'a node resource group that ends with a dot',
    properties: { nodeResourceGroup: 'nodes.' },
    code: 'InvalidParameter',
    target: 'properties.nodeResourceGroup',
    message: /"nodes\."/,
  },
  {
    what: 'overlay later',
    before: { networkProfile: { networkPlugin: 'azure' } },
    properties: { networkProfile: { networkPluginMode: 'overlay' } },
    code: 'PropertyChangeNotAllowed',
    target: 'properties.networkProfile.networkPluginMode',
    message: /^Changing property/,
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
