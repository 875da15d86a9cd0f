import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registrationsOf, toProvider } from './provider-registrations.ts';

test('types are gathered by namespace, each once', () => {
  const types = ['Microsoft.Network/virtualNetworks', 'Microsoft.Compute/disks', 'Microsoft.Network/virtualNetworks/subnets'];
  assert.deepEqual(registrationsOf([...types, 'Microsoft.Compute/disks']), [
    { namespace: 'Microsoft.Network', resourceTypes: ['virtualNetworks', 'virtualNetworks/subnets'] },
    { namespace: 'Microsoft.Compute', resourceTypes: ['disks'] },
  ]);
});

test('a provider is registered, and its types have a version that generic tools can send', () => {
  const [registration] = registrationsOf(['Microsoft.Network/virtualNetworks']);
  assert.ok(registration);
  const provider = toProvider(registration, { subscriptionId: 's', location: 'local' });
  assert.equal(provider['id'], '/subscriptions/s/providers/Microsoft.Network');
  assert.equal(provider['registrationState'], 'Registered');
  assert.match(JSON.stringify(provider['resourceTypes']), /"apiVersions":\["\d{4}-\d{2}-\d{2}"\]/);
});
