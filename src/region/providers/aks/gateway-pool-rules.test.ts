import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AgentPoolProperties, parseAgentPool } from './agent-pool-body.ts';
import { agentPoolProblems } from './agent-pool-rules.ts';
import { maxGatewayNodes } from './gateway-pool-rules.ts';

interface Case {
  readonly what: string;
  readonly wire: object;
  readonly before?: object;
  readonly isFeatureEnabled?: boolean;
  readonly code: string;
  readonly target: string;
  readonly message: string | RegExp;
}

const fitting = { mode: 'Gateway', count: 2, gatewayProfile: { publicIPPrefixSize: 30 } };

const refusals: readonly Case[] = [
  {
    what: 'more nodes than the prefix has addresses',
    wire: { ...fitting, count: 5 },
    code: 'StaticEgressGatewayInvalidGatewayNodeCount',
    target: 'properties.count',
    message:
      'Gateway agentpool gw is configured with invalid node count 5, exceeding max node count 4 according to public IPPrefix size /30 or fewer than 2.',
  },
  {
    what: 'one node',
    wire: { mode: 'Gateway', count: 1 },
    code: 'StaticEgressGatewayInvalidGatewayNodeCount',
    target: 'properties.count',
    message:
      'Gateway agentpool gw is configured with invalid node count 1, exceeding max node count 2 according to public IPPrefix size /31 or fewer than 2.',
  },
  {
    what: "az's default of three nodes with the default prefix size",
    wire: { mode: 'Gateway', count: 3 },
    code: 'StaticEgressGatewayInvalidGatewayNodeCount',
    target: 'properties.count',
    message: /invalid node count 3, exceeding max node count 2 according to public IPPrefix size \/31/,
  },
  {
    what: 'scaling to zero',
    wire: { count: 0 },
    before: fitting,
    code: 'StaticEgressGatewayInvalidGatewayNodeCount',
    target: 'properties.count',
    message: /invalid node count 0/,
  },
  {
    what: 'a prefix that is too large',
    wire: { ...fitting, gatewayProfile: { publicIPPrefixSize: 27 } },
    code: 'InvalidParameter',
    target: 'properties.gatewayProfile.publicIPPrefixSize',
    message: /public IPPrefix size \/27, allowed are \/28 to \/31/,
  },
  {
    what: 'a prefix that is too small',
    wire: { ...fitting, gatewayProfile: { publicIPPrefixSize: 32 } },
    code: 'InvalidParameter',
    target: 'properties.gatewayProfile.publicIPPrefixSize',
    message: /public IPPrefix size \/32, allowed are \/28 to \/31/,
  },
  {
    what: 'a cluster without the feature',
    wire: fitting,
    isFeatureEnabled: false,
    code: 'StaticEgressGatewayNotEnabled',
    target: 'properties.mode',
    message: /not enabled on this cluster\. Enable it first: az aks update --enable-static-egress-gateway/,
  },
  {
    what: 'virtual machines instead of a scale set',
    wire: { mode: 'Gateway', type: 'VirtualMachines' },
    code: 'StaticEgressGatewayOnlySupportVMSSNodepool',
    target: 'properties.type',
    message: /type VirtualMachines is not supported for gateway node pool gw\..*--node-vm-size/,
  },
  {
    what: 'Windows',
    wire: { ...fitting, osType: 'Windows' },
    code: 'StaticEgressGatewayOnlySupportLinuxNodepool',
    target: 'properties.osType',
    message: /OS type Windows is not supported/,
  },
  {
    what: 'the cluster autoscaler',
    wire: { ...fitting, enableAutoScaling: true, minCount: 2, maxCount: 4 },
    code: 'StaticEgressGatewayAutoScalingNotSupported',
    target: 'properties.enableAutoScaling',
    message: /autoscaler is not supported on gateway node pool gw/,
  },
  {
    what: 'Azure CNI Pod Subnet',
    wire: { ...fitting, podSubnetID: '/subscriptions/s/.../subnets/pods' },
    code: 'StaticEgressGatewayPodSubnetNotSupported',
    target: 'properties.podSubnetID',
    message: /Pod Subnet, which agentpool gw uses/,
  },
  {
    what: 'making a gateway pool a user pool',
    wire: { mode: 'User' },
    before: fitting,
    code: 'PropertyChangeNotAllowed',
    target: 'properties.mode',
    message: /^Changing property 'properties\.mode' is not allowed\./,
  },
  {
    what: 'making a user pool a gateway pool',
    wire: { mode: 'Gateway' },
    before: { mode: 'User', count: 2 },
    code: 'PropertyChangeNotAllowed',
    target: 'properties.mode',
    message: /^Changing property 'properties\.mode' is not allowed\./,
  },
  {
    what: 'another prefix size',
    wire: { gatewayProfile: { publicIPPrefixSize: 29 } },
    before: fitting,
    code: 'PropertyChangeNotAllowed',
    target: 'properties.gatewayProfile.publicIPPrefixSize',
    message: "Changing property 'properties.gatewayProfile.publicIPPrefixSize' is not allowed.",
  },
];

function problemsOf(wire: object, { before, isFeatureEnabled = true }: Pick<Case, 'before' | 'isFeatureEnabled'> = {}) {
  const propertiesBefore: AgentPoolProperties | undefined =
    before && parseAgentPool({ properties: before }, undefined).properties;
  const { properties } = parseAgentPool({ properties: wire }, propertiesBefore);
  return agentPoolProblems({ pool: 'gw', properties, before: propertiesBefore, isFeatureEnabled, hasOtherSystemPool: true });
}

describe('gateway pool rules', () => {
  for (const { what, wire, code, target, message, ...facts } of refusals)
    it(`refuses ${what}`, () => {
      const [first] = problemsOf(wire, facts);
      assert.equal(first?.code, code);
      assert.equal(first.target, target);
      if (typeof message === 'string') assert.equal(first.message, message);
      else assert.match(first.message, message);
    });

  for (const [size, nodes] of [
    [28, 16],
    [29, 8],
    [30, 4],
    [31, 2],
  ] as const)
    it(`lets a /${String(size)} have 2 to ${String(nodes)} nodes`, () => {
      assert.equal(maxGatewayNodes(size), nodes);
      for (const count of [2, nodes])
        assert.deepEqual(problemsOf({ mode: 'Gateway', count, gatewayProfile: { publicIPPrefixSize: size } }), []);
      assert.equal(problemsOf({ mode: 'Gateway', count: nodes + 1, gatewayProfile: { publicIPPrefixSize: size } }).length, 1);
    });

  it('lists everything that is wrong at once', () => {
    const problems = problemsOf({ ...fitting, count: 9, osType: 'Windows', enableAutoScaling: true });
    assert.deepEqual(
      problems.map(({ target }) => target),
      ['properties.osType', 'properties.enableAutoScaling', 'properties.count'],
    );
  });

  it('accepts a pool as it was read', () => {
    assert.deepEqual(problemsOf(fitting, { before: fitting }), []);
  });
});
