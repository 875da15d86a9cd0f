import { after, before, describe, test } from 'node:test';
import {
  gateway,
  newCluster,
  newPool,
  openRefusalWorld,
  provider,
  type Refusal,
  type RefusalWorld,
  systemPool,
  withFeature,
} from './refusal-world.ts';

const location = 'local';
const countTarget = { code: 'StaticEgressGatewayInvalidGatewayNodeCount', target: 'properties.count' };

const podSubnet = 'StaticEgressGatewayPodSubnetNotSupported';
const featureTarget = 'properties.networkProfile.staticEgressGatewayProfile.enabled';

/** Spec A8, A9: the feature and its cluster. */
const featureOfCluster: readonly Refusal[] = [
  {
    what: 'enabling the feature with Azure CNI Pod Subnet',
    path: `${provider}/pods`,
    body: { location, properties: { networkProfile: withFeature } },
    code: podSubnet,
    target: 'properties.podSubnetID',
    message: /not supported with Azure CNI Pod Subnet, which agentpool nodepool1 uses/,
  },
  newPool(
    { podSubnetID: 'NETWORK/subnets/pods' },
    {
      what: 'Azure CNI Pod Subnet in a cluster with the feature',
      code: podSubnet,
      target: 'properties.podSubnetID',
      message: /not supported with Azure CNI Pod Subnet, which agentpool new uses/,
    },
  ),
  newCluster(
    {
      networkProfile: { ...withFeature, networkPlugin: 'azure' },
      agentPoolProfiles: [{ ...systemPool, vnetSubnetID: 'NETWORK/subnets/nodes', podSubnetID: 'NETWORK/subnets/pods' }],
    },
    {
      what: 'a new cluster with the feature and Azure CNI Pod Subnet',
      code: podSubnet,
      target: 'properties.podSubnetID',
      message: /which agentpool nodepool1 uses/,
    },
  ),
  {
    what: 'disabling the feature beside gateway pools',
    path: `${provider}/on`,
    body: { location, properties: { networkProfile: { staticEgressGatewayProfile: { enabled: false } } } },
    code: 'StaticEgressGatewayNodepoolsExist',
    target: featureTarget,
    message: /cannot be disabled while the cluster has gateway agentpools: gw\. Delete them first/,
  },
  newCluster(
    { networkProfile: { ...withFeature, ipFamilies: ['IPv4', 'IPv6'] } },
    {
      what: 'a dual-stack cluster',
      code: 'NotSupportedInThisRegion',
      target: 'properties.networkProfile.ipFamilies',
      message: /IPv6; allowed: IPv4 \(IPv6 and dual-stack clusters are supported neither with static egress gateway/,
    },
  ),
  newCluster(
    { networkProfile: { ...withFeature, ipFamilies: ['IPv6'] } },
    {
      what: 'an IPv6 cluster',
      code: 'NotSupportedInThisRegion',
      target: 'properties.networkProfile.ipFamilies',
      message: /IPv6; allowed: IPv4/,
    },
  ),
  newCluster(
    { networkProfile: withFeature, agentPoolProfiles: [systemPool, { ...gateway, name: 'gw', count: 3 }] },
    {
      what: 'a gateway pool that does not fit in the body of its cluster',
      ...countTarget,
      message: /Gateway agentpool gw is configured with invalid node count 3/,
    },
  ),
  newCluster(
    { networkProfile: { ...withFeature, networkDataplane: 'cilium' } },
    {
      what: 'eBPF host routing',
      code: 'NotSupportedInThisRegion',
      target: 'properties.networkProfile.networkDataplane',
      message: /cilium; allowed: azure/,
    },
  ),
];

/** What a cluster cannot be here. */
const everyCluster: readonly Refusal[] = [
  newCluster(
    { agentPoolProfiles: [{ name: 'p', mode: 'User' }] },
    {
      what: 'no system pool',
      code: 'BadRequest',
      target: 'agentPoolProfiles',
      message: 'Must define at least one system pool.',
    },
  ),
  newCluster(
    { agentPoolProfiles: [systemPool, { ...systemPool }] },
    {
      what: 'a pool twice',
      code: 'InvalidParameter',
      target: 'agentPoolProfiles',
      message: /nodepool1 occurs more than once/,
    },
  ),
  {
    what: 'a new pool through its cluster',
    path: `${provider}/on`,
    body: { location, properties: { agentPoolProfiles: [{ ...gateway, name: 'gw9' }] } },
    code: 'BadRequest',
    target: 'agentPoolProfiles',
    message: /^A new agent pool was introduced\. Adding agent pools to an existing cluster is not allowed/,
  },
  newCluster(
    { kubernetesVersion: '1.20.0' },
    {
      what: 'another version of Kubernetes',
      code: 'K8sVersionNotSupported',
      target: 'properties.kubernetesVersion',
      message: /version 1\.20\.0/,
    },
  ),
  newCluster(
    { nodeResourceGroup: 'rg' },
    {
      what: 'a node resource group that exists',
      code: 'NodeResourceGroupAlreadyExists',
      target: 'properties.nodeResourceGroup',
      message: /'rg' exists already and does not belong to this cluster/,
    },
  ),
  newCluster(
    { networkProfile: { networkPlugin: 'none' } },
    {
      what: 'no network plugin',
      code: 'NotSupportedInThisRegion',
      target: 'properties.networkProfile.networkPlugin',
      message: /none; allowed: azure, kubenet/,
    },
  ),
  newCluster(
    { networkProfile: { networkPolicy: 'calico' } },
    {
      what: 'an engine for network policies',
      code: 'NotSupportedInThisRegion',
      target: 'properties.networkProfile.networkPolicy',
      message: /no engine for network policies/,
    },
  ),
  newCluster(
    { networkProfile: { outboundType: 'userDefinedRouting' } },
    {
      what: 'another way out',
      code: 'NotSupportedInThisRegion',
      target: 'properties.networkProfile.outboundType',
      message: /userDefinedRouting; allowed: loadBalancer/,
    },
  ),
  newCluster(
    { networkProfile: { loadBalancerProfile: { managedOutboundIPs: { count: 2 } } } },
    {
      what: 'two outbound addresses',
      code: 'NotSupportedInThisRegion',
      target: 'properties.networkProfile.loadBalancerProfile.managedOutboundIPs.count',
      message: /parameter networkProfile\.loadBalancerProfile\.managedOutboundIPs\.count.*allowed: 1/,
    },
  ),
  newCluster(
    { networkProfile: { podCidr: '10.224.0.0/16' } },
    {
      what: 'a pod network over the virtual network',
      code: 'NetworkProfileCIDROverlapVNET',
      target: 'networkProfile.podCIDR',
      message: 'NetworkProfile CIDR 10.224.0.0/16 overlaps with reserved VNET CIDR 10.224.0.0/12',
    },
  ),
  newCluster(
    {
      agentPoolProfiles: [{ ...systemPool, vnetSubnetID: 'NETWORK/subnets/nodes' }],
      networkProfile: { podCidr: '10.244.64.0/18' },
    },
    {
      what: 'the pod network of another cluster in the same virtual network',
      code: 'PodCidrOverlapExistingCluster',
      target: 'networkProfile.podCIDR',
      message:
        /10\.244\.64\.0\/18 overlaps with the pod network 10\.244\.0\.0\/16 of cluster neighbour in the same virtual network/,
    },
  ),
  newCluster(
    { agentPoolProfiles: [{ ...systemPool, vnetSubnetID: 'NETWORK/subnets/none' }] },
    {
      what: 'a subnet that is not there',
      code: 'InvalidResourceReference',
      target: 'agentPoolProfile.vnetSubnetID',
      message: /subnets\/none referenced by resource .*\/new was not found/,
    },
  ),
  ...(
    [
      ['aadProfile', { managed: true }],
      ['addonProfiles', { azurepolicy: { enabled: true } }],
      ['apiServerAccessProfile', { enablePrivateCluster: true }],
      ['windowsProfile', { adminUsername: 'azureuser' }],
      ['storageProfile', { diskCSIDriver: { enabled: true } }],
      ['securityProfile', { workloadIdentity: { enabled: true } }],
      ['enableRBAC', false],
    ] as const
  ).map(([member, value]) =>
    newCluster(
      { [member]: value },
      {
        what: `${member} of a cluster`,
        code: 'NotSupportedInThisRegion',
        target: `properties.${member}`,
        message: new RegExp(`parameter ${member} is not supported in this region`),
      },
    ),
  ),
  {
    what: 'stopping a cluster',
    method: 'POST',
    path: `${provider}/on/stop`,
    code: 'NotSupportedInThisRegion',
    message: /\.\/segw down and \.\/segw up/,
  },
  {
    what: 'a tag that is not understood',
    method: 'PATCH',
    path: `${provider}/on`,
    body: { tags: { 'segw-host-network-pods': 'perhaps' } },
    code: 'InvalidParameter',
    target: 'tags.segw-host-network-pods',
    message: /'perhaps'; allowed: refuse, warn/,
  },
];

describe('what a managed cluster may not be', () => {
  let world: RefusalWorld;

  before(async () => {
    world = await openRefusalWorld();
  });
  after(async () => {
    await world.server.close();
  });

  for (const { what, ...refusal } of [...featureOfCluster, ...everyCluster])
    test(`${what}: ${String(refusal.status ?? 400)} ${refusal.code}`, async () => {
      await world.assertRefused({ what, ...refusal });
    });
});
