import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocatePodCidr, blockPrefixLength, podSourceOf } from './pod-networks.ts';

for (const [maxPods, prefixLength] of [
  [10, 28],
  [13, 28],
  [14, 27],
  [29, 27],
  [30, 26],
  [110, 25],
  [250, 24],
] as const)
  test(`${String(maxPods)} pods and three addresses more fit into a /${String(prefixLength)}, and into no smaller one`, () => {
    assert.equal(blockPrefixLength(maxPods), prefixLength);
    assert.ok(2 ** (32 - prefixLength) >= maxPods + 3 && 2 ** (31 - prefixLength) < maxPods + 3);
  });

test('a scale set whose extension names no cluster gets no nodes', () => {
  const nothing = { get: () => undefined, list: () => [] };
  assert.throws(() => allocatePodCidr(nothing, { clusterId: '/none', agentPool: 'p' }), {
    status: 409,
    code: 'VMExtensionProvisioningError',
  });
});

const cluster = { podCidr: '10.244.0.0/16', nodeSubnetId: '/nodes' };
const sources: readonly (readonly [what: string, facts: Parameters<typeof podSourceOf>[0], source: object])[] = [
  ['overlay', cluster, { kind: 'podNetwork', podCidr: '10.244.0.0/16' }],
  ['overlay in a subnet of the user', { ...cluster, vnetSubnetID: '/own' }, { kind: 'podNetwork', podCidr: '10.244.0.0/16' }],
  ['the node subnet', { ...cluster, podCidr: undefined }, { kind: 'subnet', subnetId: '/nodes' }],
  ["the pool's own node subnet", { ...cluster, podCidr: undefined, vnetSubnetID: '/own' }, { kind: 'subnet', subnetId: '/own' }],
  [
    'a pod subnet',
    { ...cluster, podCidr: undefined, vnetSubnetID: '/own', podSubnetID: '/pods' },
    { kind: 'subnet', subnetId: '/pods' },
  ],
];
for (const [what, facts, source] of sources)
  test(`pods have their addresses from ${what}`, () => {
    assert.deepEqual(podSourceOf(facts), source);
  });
