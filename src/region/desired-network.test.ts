import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleGroup, exampleInstance, exampleNetwork, exampleSubnetId, viewOf } from '../../test/support/example-scale-set.ts';
import type { StoredResource } from './arm/resource.ts';
import { desiredNetwork } from './desired-network.ts';
import type { StoredPublicIpAddress } from './providers/public-ip-model.ts';
import type { InstanceState, InterfaceState, IpConfigurationState, StoredInstance } from './providers/scale-set-model.ts';
import type { ClusterNetwork } from './providers/cluster-network.ts';
import { withOutboundRule } from './providers/network/cluster-load-balancer.ts';
import type { StoredLoadBalancer } from './providers/network/load-balancer-model.ts';
import { loadBalancerSchema } from './providers/network/load-balancer-schema.ts';

const nic: InterfaceState = {
  name: 'nic',
  mac: '00:0d:3a:00:00:01',
  ipConfigurations: [
    { name: 'ipconfig1', subnetId: exampleSubnetId.toUpperCase(), privateAddress: '10.224.0.4' },
    {
      name: 'egress',
      subnetId: exampleSubnetId,
      privateAddress: '10.224.0.5',
      publicAddress: { name: 'egress', address: '203.0.113.0', prefixId: 'p' },
    },
  ],
};
const outboundIp: StoredPublicIpAddress = {
  id: `${exampleGroup}/providers/Microsoft.Network/publicIPAddresses/out`,
  type: 'Microsoft.Network/publicIPAddresses',
  name: 'out',
  body: { properties: { idleTimeoutInMinutes: 4 } },
  state: { address: '198.51.100.9', resourceGuid: 'r' },
  etag: 'e',
  provisioningState: 'Succeeded',
};
const loadBalancerId = `${exampleGroup}/providers/Microsoft.Network/loadBalancers/kubernetes`;
const poolId = `${loadBalancerId}/backendAddressPools/aksOutboundBackendPool`;
const cluster: ClusterNetwork = {
  ...outboundIp,
  id: `${exampleGroup}/providers/Microsoft.ContainerService/managedClusters/c`,
  type: 'Microsoft.ContainerService/managedClusters',
  name: 'c',
  body: {},
  state: {
    controlPlane: {
      machine: 'cp',
      subnetId: exampleSubnetId,
      address: '10.224.0.14',
      mac: '00:0d:3a:00:00:02',
      isConnected: true,
    },
  },
};

/** The cluster's one; `hasRule`: with a rule for its own outbound frontend. */
function loadBalancer(hasRule = false): StoredLoadBalancer {
  const wanted = { loadBalancerId, location: 'local', frontend: 'out', publicAddressId: outboundIp.id };
  const { location, tags, properties } = loadBalancerSchema.parse(withOutboundRule(undefined, wanted));
  const probe = { name: 'p', properties: { protocol: 'Tcp', port: 8080 } };
  const rule = {
    name: 'r',
    properties: {
      protocol: 'Tcp',
      frontendPort: 80,
      backendPort: 8080,
      frontendIPConfiguration: { id: `${loadBalancerId}/frontendIPConfigurations/out` },
      backendAddressPool: { id: poolId },
      probe: { id: `${loadBalancerId}/probes/p` },
    },
  };
  const rules = hasRule ? { probes: [probe], loadBalancingRules: [rule] } : {};
  return {
    ...outboundIp,
    id: loadBalancerId,
    type: 'Microsoft.Network/loadBalancers',
    name: 'kubernetes',
    body: { location, tags, properties: loadBalancerSchema.parse({ properties: { ...properties, ...rules } }).properties },
    state: { resourceGuid: 'g', privateAddresses: {} },
  };
}

/** An instance whose primary IP configuration is in the pool. */
function member(name: string, state: Partial<InstanceState>): StoredInstance {
  const instance = exampleInstance(name, { state });
  const configurations = instance.body.properties.networkProfileConfiguration.networkInterfaceConfigurations.map((one) => ({
    ...one,
    properties: {
      ...one.properties,
      ipConfigurations: one.properties.ipConfigurations.map((ip) => ({
        ...ip,
        properties: { ...ip.properties, loadBalancerBackendAddressPools: [{ id: poolId }] },
      })),
    },
  }));
  const properties = {
    ...instance.body.properties,
    networkProfileConfiguration: { networkInterfaceConfigurations: configurations },
  };
  return { ...instance, body: { ...instance.body, properties } };
}

function primaryOf({ ipConfigurations: [primary] }: InterfaceState): IpConfigurationState {
  assert.ok(primary);
  return primary;
}

function networkOf(resources: readonly StoredResource[]): object | undefined {
  return desiredNetwork(viewOf([...exampleNetwork(), ...resources])).virtualNetworks[0];
}

test('an instance has a port with all its addresses, and leaves by the network\u2019s own address', () => {
  assert.deepEqual(networkOf([exampleInstance('0', { state: { interfaces: [nic] } })]), {
    key: 'v1',
    subnets: [{ address: '10.224.0.0', prefixLength: 28 }],
    ports: [{ machine: 'set000000', addresses: ['10.224.0.4', '10.224.0.5'], mac: nic.mac, isConnected: true }],
    routes: [],
    publicAddresses: [{ privateAddress: '10.224.0.5', publicAddress: '203.0.113.0' }],
    outbound: [{ privateAddress: '10.224.0.4', publicAddress: '198.51.100.1' }],
    loadBalancing: [],
  });
});

test('a node of a cluster has a route to its pods and leaves by the load balancer; the control plane by the network\u2019s address', () => {
  const state = { interfaces: [nic], pool: { clusterId: cluster.id.toUpperCase(), agentPool: 'p' }, podCidr: '10.244.1.0/24' };
  assert.partialDeepStrictEqual(networkOf([outboundIp, cluster, loadBalancer(), member('0', state)]), {
    ports: [{ machine: 'set000000' }, { machine: 'cp', addresses: ['10.224.0.14'] }],
    routes: [{ destination: { address: '10.244.1.0', prefixLength: 24 }, nextHop: '10.224.0.4' }],
    outbound: [
      { privateAddress: '10.224.0.4', publicAddress: '198.51.100.9' },
      { privateAddress: '10.224.0.14', publicAddress: '198.51.100.1' },
    ],
  });
});

test('a rule of a public frontend leads to the members that run and answer its probe', () => {
  const other = { ...nic, mac: '00:0d:3a:00:00:03', ipConfigurations: [{ ...primaryOf(nic), privateAddress: '10.224.0.6' }] };
  const third = { ...nic, mac: '00:0d:3a:00:00:04', ipConfigurations: [{ ...primaryOf(nic), privateAddress: '10.224.0.7' }] };
  const resources = [
    ...exampleNetwork(),
    outboundIp,
    loadBalancer(true),
    member('0', { interfaces: [nic] }),
    member('1', { interfaces: [other] }),
    member('2', { interfaces: [third], power: 'stopped' }),
  ];
  const backends = (isUp: (address: string) => boolean): readonly string[] | undefined =>
    desiredNetwork(viewOf(resources), (_probe, address) => isUp(address)).virtualNetworks[0]?.loadBalancing?.[0]?.backends;
  assert.partialDeepStrictEqual(networkOf(resources), {
    loadBalancing: [
      { address: '198.51.100.9', isPublic: true, protocol: 'tcp', port: 80, backendPort: 8080, keepsDestination: false },
    ],
  });
  assert.deepEqual(
    backends(() => true),
    ['10.224.0.4', '10.224.0.6'],
  );
  assert.deepEqual(
    backends((address) => address === '10.224.0.6'),
    ['10.224.0.6'],
  );
  assert.deepEqual(
    backends(() => false),
    [],
  );
});

test('a primary address with a public one of its own needs no outbound address', () => {
  const [primary] = nic.ipConfigurations;
  assert.ok(primary);
  const publicAddress = { name: 'pip', address: '198.51.100.7' };
  const interfaces = [{ ...nic, ipConfigurations: [{ ...primary, publicAddress }] }];
  assert.partialDeepStrictEqual(networkOf([exampleInstance('0', { state: { interfaces } })]), {
    publicAddresses: [{ privateAddress: '10.224.0.4', publicAddress: '198.51.100.7' }],
    outbound: [],
  });
});

test('a machine that is off has no link', () => {
  const off = exampleInstance('0', { state: { interfaces: [nic], power: 'stopped' } });
  assert.partialDeepStrictEqual(networkOf([off]), { ports: [{ isConnected: false }] });
});

test('what is being deleted is gone from the fabric', () => {
  const [network, subnet] = exampleNetwork();
  assert.deepEqual(
    desiredNetwork(viewOf([network, { ...subnet, provisioningState: 'Deleting' }])).virtualNetworks[0]?.subnets,
    [],
  );
  assert.deepEqual(desiredNetwork(viewOf([{ ...network, provisioningState: 'Deleting' }, subnet])).virtualNetworks, []);
});
