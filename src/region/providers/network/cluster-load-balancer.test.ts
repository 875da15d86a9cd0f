import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodePools, withOutboundRule } from './cluster-load-balancer.ts';
import { loadBalancerSchema } from './load-balancer-schema.ts';
import type { StoredLoadBalancer } from './load-balancer-model.ts';

const id = '/subscriptions/s/resourceGroups/mc/providers/Microsoft.Network/loadBalancers/kubernetes';
const addressId = '/subscriptions/s/resourceGroups/mc/providers/Microsoft.Network/publicIPAddresses/out';
const wanted = { loadBalancerId: id, location: 'local', frontend: 'out', publicAddressId: addressId };

function stored(body: unknown): StoredLoadBalancer {
  const { location, tags, properties } = loadBalancerSchema.parse(body);
  return {
    id,
    type: 'Microsoft.Network/loadBalancers',
    name: 'kubernetes',
    body: { location, tags, properties },
    state: { resourceGuid: 'g', privateAddresses: {} },
    etag: 'e',
    provisioningState: 'Succeeded',
  };
}

test('a new cluster has a load balancer with one outbound rule and two pools', () => {
  const { body } = stored(withOutboundRule(undefined, wanted));
  const { frontendIPConfigurations, backendAddressPools, outboundRules } = body.properties;
  assert.deepEqual(
    [frontendIPConfigurations, backendAddressPools, outboundRules].map((parts) => parts.map(({ name }) => name)),
    [['out'], ['aksOutboundBackendPool', 'kubernetes'], ['aksOutboundRule']],
  );
  assert.equal(frontendIPConfigurations[0]?.properties.publicIPAddress?.id, addressId);
});

test('twice is once, and what Services added stays', () => {
  const first = stored(withOutboundRule(undefined, wanted));
  const service = { name: 'a123', properties: { publicIPAddress: { id: `${addressId}2` } } };
  const { frontendIPConfigurations } = first.body.properties;
  const grown = stored({
    ...first.body,
    properties: { ...first.body.properties, frontendIPConfigurations: [...frontendIPConfigurations, service] },
  });
  assert.deepEqual(stored(withOutboundRule(grown, wanted)).body, grown.body);
});

test('a node of a gateway pool takes no connections of Services', () => {
  assert.deepEqual(
    [true, false].map((isGateway) => nodePools(id, { isGateway }).map((pool) => pool.id.split('/').at(-1))),
    [['aksOutboundBackendPool'], ['aksOutboundBackendPool', 'kubernetes']],
  );
});
