import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkedResources } from './linked-resources.ts';

const group = '/subscriptions/s/resourceGroups/g/providers';
const id = `${group}/Microsoft.Network/loadBalancers/lb`;
const subnet = `${group}/Microsoft.Network/virtualNetworks/v/subnets/n`;
const prefix = `${group}/Microsoft.Network/publicIPPrefixes/p`;
const identity = `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/i`;
const join = (type: string): string => `Microsoft.Network/${type}/join/action`;

test('a reference needs join where it leads, wherever it stands', () => {
  const body = {
    properties: { list: [{ subnet: { id: subnet } }, { publicIPPrefix: { id: prefix } }, { subnet: { id: subnet } }] },
  };
  assert.deepEqual(linkedResources({ id, body, request: body }), [
    { action: join('virtualNetworks/subnets'), scope: subnet },
    { action: join('publicIPPrefixes'), scope: prefix },
  ]);
});

test('an identity that is named by member needs assign', () => {
  const body = { identity: { userAssignedIdentities: { [identity]: {} } } };
  const action = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';
  assert.deepEqual(linkedResources({ id, body, request: body }), [{ action, scope: identity }]);
});

test('what the type drops, what stays as it was, what is its own and what a tag says is no link', () => {
  const reference = { properties: { subnet: { id: subnet } } };
  assert.deepEqual(linkedResources({ id, body: {}, request: reference }), []);
  assert.deepEqual(linkedResources({ id, body: reference, request: { sku: { capacity: 3 } } }), []);
  const own = { rules: [{ backendAddressPool: { id: `${id}/backendAddressPools/own` } }], tags: { subnet } };
  assert.deepEqual(linkedResources({ id, body: own, request: own }), []);
});

test('another spelling of an id is the same link', () => {
  const [link] = linkedResources({ id, body: { id: subnet }, request: { id: subnet.toUpperCase() } });
  assert.equal(link?.scope, subnet);
});

test('a body of any depth is read without harm', () => {
  let deep: unknown = 0;
  for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
  assert.deepEqual(linkedResources({ id, body: { id: subnet }, request: { deep } }), []);
});
