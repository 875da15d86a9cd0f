import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBalancerSchema } from '../providers/network/load-balancer-schema.ts';
import { type Parts, withoutService, withService } from './service-parts.ts';
import type { ServiceRequest } from './service-request.ts';

const group = '/subscriptions/s/resourceGroups/mc/providers/Microsoft.Network';
const loadBalancerId = `${group}/loadBalancers/kubernetes`;
const place = { loadBalancerId, publicAddressId: `${group}/publicIPAddresses/kubernetes-a1` };
const empty: Parts = {
  frontendIPConfigurations: [],
  backendAddressPools: [{ name: 'kubernetes' }],
  loadBalancingRules: [],
  probes: [],
  outboundRules: [],
};
const request: ServiceRequest = {
  name: 'a1',
  key: 'default/web',
  publicAddress: undefined,
  resourceGroup: undefined,
  ports: [
    { port: 80, protocol: 'TCP', nodePort: 30_080 },
    { port: 53, protocol: 'UDP', nodePort: 30_053 },
  ],
  healthCheckNodePort: undefined,
  hasFloatingIp: true,
  isSticky: false,
};

test('each port is a rule with a floating IP; without one it leads to the node port', () => {
  const rules = (one: ServiceRequest): (string | number | boolean)[][] =>
    withService(empty, one, place).loadBalancingRules.map(({ name, properties: rule }) => [
      name,
      rule.protocol,
      rule.frontendPort,
      rule.backendPort,
      rule.enableFloatingIP,
    ]);
  assert.deepEqual(rules(request), [
    ['a1-TCP-80', 'Tcp', 80, 80, true],
    ['a1-UDP-53', 'Udp', 53, 53, true],
  ]);
  assert.deepEqual(rules({ ...request, hasFloatingIp: false }), [
    ['a1-TCP-80', 'Tcp', 80, 30_080, false],
    ['a1-UDP-53', 'Udp', 53, 30_053, false],
  ]);
});

test('what it makes is a load balancer that the region accepts, and twice is once', () => {
  const once = withService(empty, request, place);
  const { properties } = loadBalancerSchema.parse({ properties: once });
  const stored: Parts = JSON.parse(JSON.stringify(properties));
  assert.equal(withService(stored, request, place), stored);
});

test('services share the probe of kube-proxy, those of the policy Local ask for their endpoints', () => {
  const local = { ...request, name: 'a2', healthCheckNodePort: 31_000 };
  const both = withService(withService(empty, request, place), local, place);
  assert.deepEqual(
    both.probes.map(({ properties }) => properties.port),
    [10_256, 31_000],
  );
  assert.deepEqual(
    withoutService(both, 'a2').probes.map(({ name }) => name),
    ['cluster-service-shared-health-probe'],
  );
  assert.deepEqual(
    withoutService(both, 'a1').probes.map(({ name }) => name),
    ['a2-local'],
  );
});

test('a service that goes takes with it what is its own, and nothing of another', () => {
  const other = { ...request, name: 'a12' };
  const both = withService(withService(empty, request, place), other, place);
  assert.deepEqual(withoutService(both, 'a1'), withService(empty, other, place));
  assert.deepEqual(withoutService(withoutService(both, 'a1'), 'a12'), empty);
});
