import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultMaxPods, mergeNetworkProfile, networkProfileSchema, usesNodeSubnet } from './network-profile.ts';

const fresh = (wire: object) => mergeNetworkProfile(networkProfileSchema.parse(wire), undefined);

const cases: readonly (readonly [
  what: string,
  wire: object,
  expected: readonly [plugin: string, mode: string | undefined, podCidr: string | undefined, maxPods: number],
])[] = [
  ['nothing', {}, ['azure', 'overlay', '10.244.0.0/16', 250]],
  ['azure', { networkPlugin: 'azure' }, ['azure', undefined, undefined, 30]],
  ['azure, and no mode as az writes it', { networkPlugin: 'azure', networkPluginMode: '' }, ['azure', undefined, undefined, 30]],
  ['azure overlay', { networkPlugin: 'Azure', networkPluginMode: 'Overlay' }, ['azure', 'overlay', '10.244.0.0/16', 250]],
  ['kubenet', { networkPlugin: 'kubenet' }, ['kubenet', undefined, '10.244.0.0/16', 110]],
  ['a pod network', { podCidr: '10.9.0.0/16' }, ['azure', 'overlay', '10.9.0.0/16', 250]],
  ['a list of one pod network', { podCidrs: ['10.9.0.0/16'] }, ['azure', 'overlay', '10.9.0.0/16', 250]],
];
for (const [what, wire, expected] of cases)
  test(`who asks for ${what} gets ${expected.map(String).join(', ')}`, () => {
    const profile = fresh(wire);
    const { networkPlugin, networkPluginMode, podCidr } = profile;
    assert.deepEqual([networkPlugin, networkPluginMode, podCidr, defaultMaxPods(profile)], expected);
    assert.equal(usesNodeSubnet(profile), expected[2] === undefined);
  });

test('what is absent stays as it was', () => {
  const before = fresh({ networkPlugin: 'azure', serviceCidr: '10.8.0.0/16', staticEgressGatewayProfile: { enabled: true } });
  assert.deepEqual(mergeNetworkProfile({}, before), before);
  const off = mergeNetworkProfile(networkProfileSchema.parse({ staticEgressGatewayProfile: { enabled: false } }), before);
  assert.deepEqual(off, { ...before, staticEgressGatewayProfile: { enabled: false } });
});

test('two networks of a kind are dual-stack', () => {
  for (const member of ['podCidrs', 'serviceCidrs'])
    assert.deepEqual(fresh({ [member]: ['10.9.0.0/16', 'fd00::/64'] }).ipFamilies, ['IPv4', 'IPv6']);
});
