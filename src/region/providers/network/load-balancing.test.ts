import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  exampleGroup,
  exampleInstance,
  exampleInterface,
  exampleNetwork,
  exampleNetworkId,
  exampleSubnetId,
  viewOf,
} from '../../../../test/support/example-scale-set.ts';
import type { LoadBalancingState } from '../../fabric/network-state.ts';
import type { StoredPublicIpAddress } from '../public-ip-model.ts';
import type { StoredInstance } from '../scale-set-model.ts';
import type { StoredLoadBalancer } from './load-balancer-model.ts';
import { loadBalancerSchema } from './load-balancer-schema.ts';
import { desiredLoadBalancing, type IsUp } from './load-balancing.ts';

const balancerId = `${exampleGroup}/providers/Microsoft.Network/loadBalancers/lb`;
const poolId = `${balancerId}/backendAddressPools/pool`;
const frontendRef = (name: string) => ({ id: `${balancerId}/frontendIPConfigurations/${name}` });
const rule = { protocol: 'Tcp', frontendPort: 80, backendAddressPool: { id: poolId.toUpperCase() } };

function publicAddress(name: string, address: string): StoredPublicIpAddress {
  return {
    id: `${exampleGroup}/providers/Microsoft.Network/publicIPAddresses/${name}`,
    type: 'Microsoft.Network/publicIPAddresses',
    name,
    body: { properties: { idleTimeoutInMinutes: 4 } },
    state: { address, resourceGuid: 'r' },
    etag: 'e',
    provisioningState: 'Succeeded',
  };
}

const addresses = [publicAddress('one', '198.51.100.11'), publicAddress('two', '198.51.100.12')];
const frontendIPConfigurations = [
  ...addresses.map(({ id, name }) => ({ name, properties: { publicIPAddress: { id } } })),
  { name: 'inside', properties: { subnet: { id: exampleSubnetId } } },
];

function balancer(parts: object): StoredLoadBalancer {
  const { properties } = loadBalancerSchema.parse({
    properties: { frontendIPConfigurations, backendAddressPools: [{ name: 'pool' }], ...parts },
  });
  return {
    id: balancerId,
    type: 'Microsoft.Network/loadBalancers',
    name: 'lb',
    body: { properties },
    state: { resourceGuid: 'g', privateAddresses: { inside: '10.224.0.9' } },
    etag: 'e',
    provisioningState: 'Succeeded',
  };
}

/** An instance at 10.224.0.`last` whose primary IP configuration is in the pool. */
function member(name: string, last: number): StoredInstance {
  const nic = exampleInterface();
  const privateAddress = `10.224.0.${String(last)}`;
  const instance = exampleInstance(name, {
    state: {
      interfaces: [
        { name: nic.name, mac: name, ipConfigurations: [{ name: 'ipconfig1', subnetId: exampleSubnetId, privateAddress }] },
      ],
    },
  });
  const ipConfigurations = nic.properties.ipConfigurations.map((one) => ({
    ...one,
    properties: { ...one.properties, loadBalancerBackendAddressPools: [{ id: poolId }] },
  }));
  const networkInterfaceConfigurations = [{ ...nic, properties: { ...nic.properties, ipConfigurations } }];
  const properties = { ...instance.body.properties, networkProfileConfiguration: { networkInterfaceConfigurations } };
  return { ...instance, body: { ...instance.body, properties } };
}

const members = [member('0', 4), member('1', 5)];

function rulesOf(parts: object, instances: readonly StoredInstance[], isUp: IsUp = () => true): readonly LoadBalancingState[] {
  const view = viewOf([...exampleNetwork(), ...addresses, balancer(parts), ...instances]);
  return desiredLoadBalancing(view, isUp).rules(exampleNetworkId.toUpperCase());
}

function outboundOf(parts: object): (string | undefined)[] {
  const view = viewOf([...exampleNetwork(), ...addresses, balancer(parts), ...members]);
  const loadBalancing = desiredLoadBalancing(view, () => true);
  return ['10.224.0.4', '10.224.0.5', '10.224.0.6'].map((address) => loadBalancing.outboundAddress(exampleNetworkId, address));
}

test('members leave by the frontends of an outbound rule, each by one of them', () => {
  const outboundRule = {
    name: 'o',
    properties: { frontendIPConfigurations: [frontendRef('one'), frontendRef('two')], backendAddressPool: { id: poolId } },
  };
  const inbound = { name: 'r', properties: { ...rule, frontendIPConfiguration: frontendRef('two') } };
  assert.deepEqual(outboundOf({ outboundRules: [outboundRule], loadBalancingRules: [inbound] }), [
    '198.51.100.11',
    '198.51.100.12',
    undefined,
  ]);
});

test('without an outbound rule they leave by the frontend of a rule, unless it says that they do not', () => {
  const inbound = (disableOutboundSnat: boolean) => ({
    loadBalancingRules: [
      { name: 'r', properties: { ...rule, frontendIPConfiguration: frontendRef('two'), disableOutboundSnat } },
    ],
  });
  assert.deepEqual(outboundOf(inbound(false)), ['198.51.100.12', '198.51.100.12', undefined]);
  assert.deepEqual(outboundOf(inbound(true)), [undefined, undefined, undefined]);
});

test('a public frontend without members is nowhere, a private one is in its network', () => {
  const both = ['one', 'inside'].map((name) => ({
    name,
    properties: { ...rule, frontendIPConfiguration: frontendRef(name) },
  }));
  assert.deepEqual(
    rulesOf({ loadBalancingRules: both }, []).map(({ address, isPublic, backends }) => [address, isPublic, backends]),
    [['10.224.0.9', false, []]],
  );
  assert.deepEqual(
    rulesOf({ loadBalancingRules: both }, members).map(({ address, backends }) => [address, backends.length]),
    [
      ['198.51.100.11', 2],
      ['10.224.0.9', 2],
    ],
  );
});

test('when no member answers the probe, the probe says whether none or all get connections', () => {
  const withBehaviour = (noHealthyBackendsBehavior: string) => ({
    probes: [{ name: 'p', properties: { protocol: 'Tcp', port: 80, noHealthyBackendsBehavior } }],
    loadBalancingRules: [
      {
        name: 'r',
        properties: { ...rule, frontendIPConfiguration: frontendRef('one'), probe: { id: `${balancerId}/probes/P` } },
      },
    ],
  });
  const down: IsUp = () => false;
  const backendsOf = (behaviour: string): number | undefined =>
    rulesOf(withBehaviour(behaviour), members, down)[0]?.backends.length;
  assert.deepEqual(['AllProbedDown', 'AllProbedUp'].map(backendsOf), [0, 2]);
});
