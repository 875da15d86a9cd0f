import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAgentPool } from './agent-pool-body.ts';
import { type AgentPoolFacts, agentPoolProblems } from './agent-pool-rules.ts';

type Change = Partial<Omit<AgentPoolFacts, 'properties' | 'before'>> & { readonly wire?: object; readonly before?: object };

const refusals: readonly (Change & { readonly what: string; readonly code: string; readonly target: string })[] = [
  { what: 'a name with a digit in front', pool: '1pool', code: 'InvalidParameter', target: 'agentPoolProfile.name' },
  { what: 'a name with capitals', pool: 'Pool', code: 'InvalidParameter', target: 'agentPoolProfile.name' },
  { what: 'a name of 13 characters', pool: 'abcdefghijklm', code: 'InvalidParameter', target: 'agentPoolProfile.name' },
  {
    what: 'a system pool without nodes',
    wire: { mode: 'System', count: 0 },
    code: 'InvalidParameter',
    target: 'properties.count',
  },
  { what: '1001 nodes', wire: { count: 1001 }, code: 'InvalidParameter', target: 'properties.count' },
  { what: 'a negative count', wire: { count: -1 }, code: 'InvalidParameter', target: 'properties.count' },
  {
    what: 'a gateway profile in a user pool',
    wire: { gatewayProfile: { publicIPPrefixSize: 30 } },
    code: 'InvalidParameter',
    target: 'properties.gatewayProfile',
  },
  {
    what: "the service's own labels",
    wire: { nodeLabels: { 'kubernetes.azure.com/mode': 'gateway' } },
    code: 'InvalidParameter',
    target: 'properties.nodeLabels',
  },
  {
    what: "Kubernetes' own labels",
    wire: { nodeLabels: { 'kubernetes.io/os': 'plan9' } },
    code: 'InvalidParameter',
    target: 'properties.nodeLabels',
  },
  { what: 'what is no label', wire: { nodeLabels: { 'a b': 'c' } }, code: 'InvalidParameter', target: 'properties.nodeLabels' },
  { what: 'what is no taint', wire: { nodeTaints: ['a=b'] }, code: 'InvalidParameter', target: 'properties.nodeTaints' },
  {
    what: "the service's own tags",
    wire: { tags: { 'aks-managed-poolName': 'other' } },
    code: 'InvalidParameter',
    target: 'properties.tags',
  },
  {
    what: 'the last system pool becoming a user pool',
    wire: { mode: 'User' },
    before: { mode: 'System' },
    hasOtherSystemPool: false,
    code: 'BadRequest',
    target: 'properties.mode',
  },
  {
    what: "the service's own taints",
    wire: { nodeTaints: ['kubernetes.azure.com/mode=gateway:NoSchedule'] },
    code: 'InvalidParameter',
    target: 'properties.nodeTaints',
  },
  { what: 'nine pods', wire: { maxPods: 9 }, code: 'InvalidParameter', target: 'properties.maxPods' },
  { what: 'zone 4', wire: { availabilityZones: ['1', '4'] }, code: 'InvalidParameter', target: 'properties.availabilityZones' },
  { what: 'a size that is none', wire: { vmSize: 'Standard D2' }, code: 'VMSizeNotSupported', target: 'properties.vmSize' },
  { what: 'the 101st pool', otherPools: 100, code: 'MaxAgentPoolCountReached', target: 'agentPoolProfile' },
  {
    what: 'other zones later',
    wire: { availabilityZones: ['2'] },
    before: { availabilityZones: ['1'] },
    code: 'PropertyChangeNotAllowed',
    target: 'properties.availabilityZones',
  },
  {
    what: 'another machine size',
    wire: { vmSize: 'Standard_D4s_v5' },
    before: {},
    code: 'PropertyChangeNotAllowed',
    target: 'properties.vmSize',
  },
  {
    what: 'the autoscaler',
    wire: { enableAutoScaling: true },
    code: 'NotSupportedInThisRegion',
    target: 'properties.enableAutoScaling',
  },
  { what: 'Windows', wire: { osType: 'Windows' }, code: 'NotSupportedInThisRegion', target: 'properties.osType' },
  {
    what: 'Azure CNI Pod Subnet in a cluster with static egress gateway',
    wire: { podSubnetID: '/subscriptions/s' },
    isFeatureEnabled: true,
    code: 'StaticEgressGatewayPodSubnetNotSupported',
    target: 'properties.podSubnetID',
  },
];

function problemsOf({ wire = {}, before, ...facts }: Change) {
  const propertiesBefore = before && parseAgentPool({ properties: before }, undefined).properties;
  const { properties } = parseAgentPool({ properties: wire }, propertiesBefore);
  return agentPoolProblems({
    pool: 'pool1',
    isFeatureEnabled: false,
    hasOtherSystemPool: true,
    ...facts,
    properties,
    before: propertiesBefore,
  });
}

describe('agent pool rules', () => {
  for (const { what, code, target, ...change } of refusals)
    it(`refuse ${what}`, () => {
      assert.deepEqual(
        problemsOf(change).map((problem) => ({ code: problem.code, target: problem.target })),
        [{ code, target }],
      );
    });

  const accepted: readonly (Change & { readonly what: string })[] = [
    { what: 'a pool of defaults' },
    { what: 'an empty user pool', wire: { count: 0 } },
    { what: 'a change of the 100th pool', wire: { count: 3 }, before: {}, otherPools: 99 },
    { what: 'a system pool becoming a user pool beside another', wire: { mode: 'User' }, before: { mode: 'System' } },
    {
      what: 'labels, taints and tags of the user',
      wire: { nodeLabels: { 'a.b/c': 'd' }, nodeTaints: ['k=v:NoExecute'], tags: { t: '' } },
    },
    { what: 'pod subnets without static egress gateway', wire: { podSubnetID: '/subscriptions/s' } },
    { what: 'the machine size in other letters', wire: { vmSize: 'STANDARD_D2S_V5' }, before: {} },
  ];
  for (const { what, ...change } of accepted)
    it(`accept ${what}`, () => {
      assert.deepEqual(problemsOf(change), []);
    });
});
