import { after, before, describe, test } from 'node:test';
import { gateway, newPool, openRefusalWorld, provider, type Refusal, type RefusalWorld } from './refusal-world.ts';

const countCode = 'StaticEgressGatewayInvalidGatewayNodeCount';
const countMessage = (count: number, max: number, size: number): string =>
  `Gateway agentpool ${size === 30 ? 'gw' : 'new'} is configured with invalid node count ${String(count)}, exceeding max node count ${String(max)} according to public IPPrefix size /${String(size)} or fewer than 2.`;
const countTarget = { code: countCode, target: 'properties.count' };
const existing = { pool: 'gw' };

/** Spec A4 to A9: what a gateway pool may not be. */
const gatewayPools: readonly Refusal[] = [
  newPool(
    { ...gateway, count: 3 },
    { what: "az's default of three nodes with the default /31", ...countTarget, message: countMessage(3, 2, 31) },
  ),
  newPool({ ...gateway, count: 1 }, { what: 'one node', ...countTarget, message: countMessage(1, 2, 31) }),
  newPool({ ...gateway, count: 0 }, { what: 'no node', ...countTarget, message: countMessage(0, 2, 31) }),
  newPool(
    { ...gateway, gatewayProfile: { publicIPPrefixSize: 30 }, count: 5 },
    { what: 'scaling out beyond the prefix', ...existing, ...countTarget, message: countMessage(5, 4, 30) },
  ),
  newPool({ count: 1 }, { what: 'scaling in below two', ...existing, ...countTarget, message: countMessage(1, 4, 30) }),
  newPool({ count: 0 }, { what: 'scaling in to nothing', ...existing, ...countTarget, message: countMessage(0, 4, 30) }),
  ...[27, 32, 0].map((size) =>
    newPool(
      { ...gateway, gatewayProfile: { publicIPPrefixSize: size } },
      {
        what: `a prefix of /${String(size)}`,
        code: 'InvalidParameter',
        target: 'properties.gatewayProfile.publicIPPrefixSize',
        message: new RegExp(`size /${String(size)}, allowed are /28 to /31`),
      },
    ),
  ),
  newPool(gateway, {
    what: 'a gateway pool where the feature is off',
    cluster: 'off',
    code: 'StaticEgressGatewayNotEnabled',
    target: 'properties.mode',
    message: /^Gateway agentpool new needs static egress gateway, which is not enabled on this cluster/,
  }),
  newPool(
    { ...gateway, osType: 'Windows' },
    {
      what: 'a Windows gateway pool',
      code: 'StaticEgressGatewayOnlySupportLinuxNodepool',
      target: 'properties.osType',
      message: /^OS type Windows is not supported for gateway node pool new/,
    },
  ),
  newPool(
    { ...gateway, enableAutoScaling: true, minCount: 2, maxCount: 2 },
    {
      what: 'autoscaling on a new gateway pool',
      code: 'StaticEgressGatewayAutoScalingNotSupported',
      target: 'properties.enableAutoScaling',
      message: /^The cluster autoscaler is not supported on gateway node pool new/,
    },
  ),
  newPool(
    { enableAutoScaling: true, minCount: 2, maxCount: 4 },
    {
      what: 'autoscaling on a gateway pool that exists',
      ...existing,
      code: 'StaticEgressGatewayAutoScalingNotSupported',
      target: 'properties.enableAutoScaling',
      message: /gateway node pool gw/,
    },
  ),
  newPool(
    { ...gateway, count: undefined, type: 'VirtualMachines' },
    {
      what: 'virtual machines, as az understands --vm-size',
      code: 'StaticEgressGatewayOnlySupportVMSSNodepool',
      target: 'properties.type',
      message: /^Node pool type VirtualMachines is not supported for gateway node pool new\..*--node-vm-size/,
    },
  ),
  newPool(
    { mode: 'User' },
    {
      what: 'a gateway pool becoming a user pool',
      ...existing,
      code: 'PropertyChangeNotAllowed',
      target: 'properties.mode',
      message: /^Changing property 'properties\.mode' is not allowed\./,
    },
  ),
  newPool(
    { mode: 'Gateway' },
    {
      what: 'a user pool becoming a gateway pool',
      pool: 'user',
      code: 'PropertyChangeNotAllowed',
      target: 'properties.mode',
      message: /^Changing property 'properties\.mode' is not allowed\./,
    },
  ),
  newPool(
    { gatewayProfile: { publicIPPrefixSize: 29 } },
    {
      what: 'another prefix size',
      ...existing,
      code: 'PropertyChangeNotAllowed',
      target: 'properties.gatewayProfile.publicIPPrefixSize',
      message: "Changing property 'properties.gatewayProfile.publicIPPrefixSize' is not allowed.",
    },
  ),
  newPool(
    { mode: 'User', gatewayProfile: { publicIPPrefixSize: 30 } },
    {
      what: 'a gateway profile in a user pool',
      code: 'InvalidParameter',
      target: 'properties.gatewayProfile',
      message: /belongs to pools of mode Gateway; this one has mode User/,
    },
  ),
  newPool(
    { ...gateway, upgradeSettings: { maxSurge: '33%' } },
    {
      what: 'surge nodes',
      code: 'NotSupportedInThisRegion',
      target: 'properties.upgradeSettings.maxSurge',
      message: /"33%".*re-imaged in place, one after another/,
    },
  ),
];

/** Issue 5, part 3: rules of every pool. */
const everyPool: readonly Refusal[] = [
  {
    what: 'deleting the last system pool',
    method: 'DELETE',
    path: `${provider}/on/agentPools/nodepool1`,
    code: 'BadRequest',
    target: 'properties.mode',
    message: 'Must define at least one system pool.',
  },
  newPool(
    { mode: 'User' },
    {
      what: 'the last system pool becoming a user pool',
      pool: 'nodepool1',
      code: 'BadRequest',
      target: 'properties.mode',
      message: 'Must define at least one system pool.',
    },
  ),
  newPool(
    { count: 0 },
    {
      what: 'a system pool without nodes',
      pool: 'nodepool1',
      code: 'InvalidParameter',
      target: 'properties.count',
      message: /mode System has 1 to 1000 nodes, not 0/,
    },
  ),
  newPool(
    { enableAutoScaling: true, minCount: 1, maxCount: 3 },
    {
      what: 'the autoscaler on a user pool',
      code: 'NotSupportedInThisRegion',
      target: 'properties.enableAutoScaling',
      message: /no cluster autoscaler in this region/,
    },
  ),
  newPool(
    { nodeLabels: { 'kubernetes.azure.com/mode': 'gateway' } },
    {
      what: 'a reserved label',
      code: 'InvalidParameter',
      target: 'properties.nodeLabels',
      message: /Label kubernetes\.azure\.com\/mode is reserved/,
    },
  ),
  newPool(
    { nodeTaints: ['kubernetes.azure.com/mode=gateway:NoSchedule'] },
    {
      what: 'a reserved taint',
      code: 'InvalidParameter',
      target: 'properties.nodeTaints',
      message: /Taint kubernetes\.azure\.com\/mode=gateway:NoSchedule is reserved/,
    },
  ),
  newPool(
    { tags: { 'aks-managed-poolName': 'gw' } },
    {
      what: 'a reserved tag',
      code: 'InvalidParameter',
      target: 'properties.tags',
      message: /Tag aks-managed-poolName is reserved/,
    },
  ),
  ...['1pool', 'Pool', 'abcdefghijklm', 'a-b'].map((pool) =>
    newPool(
      {},
      {
        what: `the name ${pool}`,
        pool,
        code: 'InvalidParameter',
        target: 'agentPoolProfile.name',
        message: /begin with a lower-case letter and have at most 12 lower-case letters and digits/,
      },
    ),
  ),
  newPool(
    { orchestratorVersion: '1.20' },
    {
      what: 'another version of Kubernetes',
      code: 'K8sVersionNotSupported',
      target: 'properties.orchestratorVersion',
      message: /"1\.20"/,
    },
  ),
  newPool(
    { maxPods: 251 },
    { what: 'too many pods', code: 'InvalidParameter', target: 'properties.maxPods', message: /10 to 250 pods, not 251/ },
  ),
  newPool(
    { availabilityZones: ['9'] },
    {
      what: 'an unknown zone',
      code: 'InvalidParameter',
      target: 'properties.availabilityZones',
      message: /"9" is none of the zones/,
    },
  ),
  newPool(
    { maxPods: 100 },
    {
      what: 'another number of pods later',
      pool: 'user',
      code: 'PropertyChangeNotAllowed',
      target: 'properties.maxPods',
      message: "Changing property 'properties.maxPods' is not allowed.",
    },
  ),
  newPool(
    { powerState: { code: 'Stopped' } },
    {
      what: 'stopping a pool',
      pool: 'user',
      code: 'NotSupportedInThisRegion',
      target: 'properties.powerState.code',
      message: /agent pools are not stopped in this region; a pool of mode User can be scaled to 0/,
    },
  ),
  newPool(
    { vnetSubnetID: 'NETWORK/subnets/nodes' },
    {
      what: 'a subnet of another virtual network',
      code: 'InvalidParameter',
      target: 'properties.vnetSubnetID',
      message: /all agent pools of a cluster are in one virtual network/,
    },
  ),
  newPool(
    { podSubnetID: 'NETWORK/subnets/pods' },
    {
      what: 'a pod subnet with overlay',
      cluster: 'off',
      code: 'InvalidParameter',
      target: 'properties.podSubnetID',
      message:
        /not in the virtual network of the cluster.*podSubnetID needs a cluster with network plugin azure and no networkPluginMode/,
    },
  ),
  ...(
    [
      ['enableNodePublicIP', true],
      ['enableFIPS', true],
      ['enableEncryptionAtHost', true],
      ['scaleSetPriority', 'Spot'],
      ['scaleDownMode', 'Deallocate'],
      ['kubeletConfig', { cpuManagerPolicy: 'static' }],
      ['gpuInstanceProfile', 'MIG1g'],
      ['workloadRuntime', 'KataMshvVmIsolation'],
    ] as const
  ).map(([member, value]) =>
    newPool(
      { [member]: value },
      {
        what: `${member} of a pool`,
        code: 'NotSupportedInThisRegion',
        target: `properties.${member}`,
        message: new RegExp(`parameter ${member} is not supported in this region`),
      },
    ),
  ),
  {
    what: 'a change of a pool that somebody else has changed',
    path: `${provider}/on/agentPools/user`,
    body: { properties: { count: 1 } },
    headers: { 'If-Match': '"another"' },
    status: 412,
    code: 'PreconditionFailed',
    message: /etag is not the one in If-Match/,
  },
  {
    what: 'deleting a pool that somebody else has changed',
    method: 'DELETE',
    path: `${provider}/on/agentPools/gw`,
    headers: { 'If-Match': '"another"' },
    status: 412,
    code: 'PreconditionFailed',
    message: /etag is not the one in If-Match/,
  },
  {
    what: 'deleting single nodes of a pool',
    method: 'POST',
    path: `${provider}/on/agentPools/user/deleteMachines`,
    body: { machineNames: ['x'] },
    code: 'NotSupportedInThisRegion',
    message: /az vmss delete-instances/,
  },
];

describe('what an agent pool may not be', () => {
  let world: RefusalWorld;

  before(async () => {
    world = await openRefusalWorld();
  });
  after(async () => {
    await world.server.close();
  });

  for (const { what, ...refusal } of [...gatewayPools, ...everyPool])
    test(`${what}: ${String(refusal.status ?? 400)} ${refusal.code}`, async () => {
      await world.assertRefused({ what, ...refusal });
    });
});
