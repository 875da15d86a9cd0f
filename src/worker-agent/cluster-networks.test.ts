import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCidr, parseCidr } from '../base/addresses.ts';
import { findClusterNetworks, refusesPods, type GivenNetworks } from './cluster-networks.ts';
import type { Node, ServiceCidr } from './kube-kinds.ts';

const services: readonly ServiceCidr[] = [{ metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/16', 'fd96::/112'] } }];

function node(name: string, address: string, podCIDRs: readonly string[]): Node {
  const addresses = [
    { type: 'InternalIP', address },
    { type: 'InternalIP', address: 'fd00::1' },
    { type: 'Hostname', address: name },
  ];
  return { metadata: { name }, spec: { podCIDRs }, status: { addresses } };
}

const nodes = [node('n1', '10.224.0.11', ['10.244.1.0/24', 'fd44:1::/64']), node('n2', '10.224.0.12', ['10.244.2.0/24'])];

test('the networks of the cluster are what its objects say', () => {
  const found = findClusterNetworks({ nodes, serviceCidrs: services }, 'n1', {});
  assert.ok('networks' in found);
  const { networks } = found;
  assert.deepEqual(networks.nodes.map(formatCidr), ['10.224.0.11/32', '10.224.0.12/32']);
  assert.deepEqual(networks.pods.map(formatCidr), ['10.244.1.0/24', '10.244.2.0/24']);
  assert.deepEqual(networks.services.map(formatCidr), ['10.96.0.0/16']);
  assert.deepEqual(networks.ipv6, ['fd44:1::/64', 'fd96::/112']);
});

test('the order in which objects come makes no difference', () => {
  const view = { nodes: nodes.toReversed(), serviceCidrs: services };
  assert.deepEqual(findClusterNetworks(view, 'n1', {}), findClusterNetworks({ nodes, serviceCidrs: services }, 'n1', {}));
});

const given = [parseCidr('10.0.0.0/8', 'given')];
const unknowns: readonly (readonly [string, readonly Node[], readonly ServiceCidr[], GivenNetworks, RegExp | undefined])[] = [
  ['the node is not there', [], services, {}, /node n1 is not among/],
  ['the node has no pod CIDR', [node('n1', '10.224.0.11', [])], services, {}, /no pod CIDR/],
  ['no ServiceCIDR', nodes, [], {}, /no ServiceCIDR/],
  ['no pod CIDR, but a flag', [node('n1', '10.224.0.11', [])], services, { pods: given }, undefined],
  ['no ServiceCIDR, but a flag', nodes, [], { services: given }, undefined],
];

for (const [title, nodes, serviceCidrs, flags, expected] of unknowns) {
  test(`${expected ? 'unknown' : 'known'}: ${title}`, () => {
    const found = findClusterNetworks({ nodes, serviceCidrs }, 'n1', flags);
    if (!expected) assert.ok('networks' in found);
    else assert.match('notReady' in found ? found.notReady.message : '', expected);
  });
}

const roles: readonly (readonly [Record<string, string>, boolean])[] = [
  [{}, false],
  [{ 'kubernetes.azure.com/mode': 'User' }, false],
  [{ 'kubernetes.azure.com/mode': 'Gateway' }, true],
  [{ 'kubeegressgateway.azure.com/mode': 'true' }, true],
];

for (const [labels, isRefused] of roles) {
  test(`a node with labels ${JSON.stringify(labels)} ${isRefused ? 'refuses' : 'takes'} annotated pods`, () => {
    assert.equal(refusesPods([{ metadata: { name: 'n1', labels } }], 'n1') !== undefined, isRefused);
  });
}
