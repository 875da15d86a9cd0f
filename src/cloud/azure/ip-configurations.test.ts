import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VirtualMachineScaleSetNetworkConfiguration } from '@azure/arm-compute';
import { egressConfigurationsOf, withEgressConfigurations } from './ip-configurations.ts';

const subnet = { id: '/subnets/nodes' };
const own = { name: 'ipconfig1', primary: true, subnet, loadBalancerBackendAddressPools: [{ id: '/pools/kubernetes' }] };
const foreign = { name: 'extra', primary: false, subnet };
const nic: VirtualMachineScaleSetNetworkConfiguration = {
  name: 'nic',
  primary: true,
  enableIPForwarding: true,
  ipConfigurations: [own, foreign],
};
const second: VirtualMachineScaleSetNetworkConfiguration = { name: 'second', primary: false, ipConfigurations: [own] };

test('ours are added to the primary interface, in the subnet of the node, and all else stays', () => {
  const [other, changed] = withEgressConfigurations([second, nic], [{ configurationUid: 'u', prefixId: '/prefixes/p' }]);
  assert.equal(other, second);
  const ours = {
    name: 'egressgateway-u',
    primary: false,
    privateIPAddressVersion: 'IPv4',
    subnet,
    publicIPAddressConfiguration: { name: 'egressgateway-u', publicIPPrefix: { id: '/prefixes/p' } },
  };
  assert.deepEqual(changed, { ...nic, ipConfigurations: [own, foreign, ours] });
});

test('in private-IP mode there is no public address', () => {
  const [changed] = withEgressConfigurations([nic], [{ configurationUid: 'u' }]);
  assert.equal(changed?.ipConfigurations?.at(-1)?.publicIPAddressConfiguration, undefined);
});

test('what is written is read back, and nothing of ours is left when nothing is desired', () => {
  const desired = [{ configurationUid: 'a', prefixId: '/prefixes/p' }, { configurationUid: 'b' }];
  const written = withEgressConfigurations([nic], desired);
  assert.deepEqual(egressConfigurationsOf(written), desired);
  assert.deepEqual(withEgressConfigurations(written, desired), written);
  assert.deepEqual(withEgressConfigurations(written, []), [nic]);
});

test('where nothing says primary, the first interface and its first address are meant', () => {
  const [changed] = withEgressConfigurations(
    [{ name: 'only', ipConfigurations: [{ name: 'ipconfig1', subnet }] }],
    [{ configurationUid: 'u' }],
  );
  assert.deepEqual(changed?.ipConfigurations?.[1]?.subnet, subnet);
});
