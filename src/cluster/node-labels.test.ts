import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleCluster, exampleGatewayNode } from '../../test/support/example-cluster.ts';
import { desiredLabels, kubeletLabels, parseTaint } from './node-labels.ts';

test('a node carries what AKS puts on it, and what its pool asks for', () => {
  assert.deepEqual(desiredLabels(exampleCluster, exampleGatewayNode), {
    agentpool: 'gwpool',
    'beta.kubernetes.io/instance-type': 'Standard_D2s_v5',
    'failure-domain.beta.kubernetes.io/region': 'westus',
    'failure-domain.beta.kubernetes.io/zone': '0',
    'kubernetes.azure.com/agentpool': 'gwpool',
    'kubernetes.azure.com/cluster': 'MC_rg_mycluster_westus',
    'kubernetes.azure.com/mode': 'gateway',
    'kubernetes.azure.com/role': 'agent',
    'node-role.kubernetes.io/gateway': '',
    'node.kubernetes.io/instance-type': 'Standard_D2s_v5',
    'topology.kubernetes.io/region': 'westus',
    'topology.kubernetes.io/zone': '0',
  });
});

test('the name of a node resource group is cut to what a label may hold', () => {
  const nodeResourceGroup = `MC_${'g'.repeat(58)}__name_westus`;
  const labels = desiredLabels({ ...exampleCluster, nodeResourceGroup }, exampleGatewayNode);
  assert.equal(labels['kubernetes.azure.com/cluster'], `MC_${'g'.repeat(58)}`);
});

const keys = [
  ['team', true],
  ['kubernetes.azure.com/mode', true],
  ['kubeegressgateway.azure.com/mode', true],
  ['kubernetes.io/hostname', true],
  ['topology.kubernetes.io/region', true],
  ['node.kubernetes.io/exclude-from-external-load-balancers', true],
  ['x.kubelet.kubernetes.io/y', true],
  ['kubernetes.io/role', false],
  ['node-role.kubernetes.io/agent', false],
  ['node-restriction.kubernetes.io/fips', false],
  ['topology.kubernetes.io/rack', false],
  ['k8s.io/x', false],
  ['storage.k8s.io/x', false],
] as const;

for (const [key, isAllowed] of keys)
  test(`a kubelet ${isAllowed ? 'sets' : 'leaves to the cloud'} ${key}`, () => {
    assert.deepEqual(kubeletLabels({ [key]: 'v' }), isAllowed ? { [key]: 'v' } : {});
  });

test('a taint is read from its text', () => {
  assert.deepEqual(parseTaint('kubernetes.azure.com/mode=gateway:NoSchedule'), {
    key: 'kubernetes.azure.com/mode',
    value: 'gateway',
    effect: 'NoSchedule',
  });
  assert.deepEqual(parseTaint('key:NoExecute'), { key: 'key', effect: 'NoExecute' });
});

for (const text of ['', 'key=value', 'key=value:Never', ':NoSchedule', 'a=b=c:NoSchedule:NoSchedule'])
  test(`"${text}" is no taint`, () => {
    assert.throws(() => parseTaint(text), { code: 'InvalidInput' });
  });
