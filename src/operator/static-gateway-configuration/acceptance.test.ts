import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StaticGatewayConfiguration, StaticGatewayConfigurationSpec } from '../../api/static-gateway-configuration.ts';
import type { PublicIpPrefix } from '../../cloud/cloud-provider.ts';
import { checkPool, checkPrefix, checkPrefixSubscription, checkSpecification, isFinding, otherOwner } from './acceptance.ts';

const prefixId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPPrefixes/p';

function spec(change: Partial<StaticGatewayConfigurationSpec>): StaticGatewayConfigurationSpec {
  return { provisionPublicIps: true, defaultRoute: 'staticEgressGateway', ...change };
}

function configuration(uid: string, creationTimestamp = '2026-01-01T00:00:00Z'): StaticGatewayConfiguration {
  return { metadata: { name: uid, namespace: 'team', uid, creationTimestamp }, spec: spec({ publicIpPrefixId: prefixId }) };
}

const pool = { id: 'pool', location: 'westeurope', subscriptionId: 'S', prefixLength: 31, capacity: 2, model: [], instances: [] };

const prefix: PublicIpPrefix = {
  id: prefixId,
  subscriptionId: 's',
  location: 'West Europe',
  prefixLength: 31,
  cidr: '198.51.100.0/31',
  ipVersion: 'IPv4',
  sku: 'Standard',
  tags: {},
  uses: [],
};

test('a specification names its pool, by name or by scale set', () => {
  assert.deepEqual(checkSpecification(spec({ gatewayNodepoolName: 'gw', gatewayVmssProfile: {} })), {
    by: 'nodepoolName',
    nodepoolName: 'gw',
  });
  const gatewayVmssProfile = { vmssResourceGroup: 'g', vmssName: 'v', publicIpPrefixSize: 30 };
  const reference = checkSpecification(spec({ gatewayVmssProfile }));
  assert.ok(!isFinding(reference) && reference.by === 'scaleSet');
});

for (const [what, change] of [
  ['no pool', {}],
  ['a prefix in private-IP mode', { gatewayNodepoolName: 'gw', provisionPublicIps: false, publicIpPrefixId: prefixId }],
] as const) {
  test(`a specification with ${what} is invalid`, () => {
    const found = checkSpecification(spec(change));
    assert.ok(isFinding(found));
    assert.equal(found.reason, 'InvalidSpecification');
  });
}

test('a pool has to exist and to be in gateway mode', () => {
  const reference = { by: 'nodepoolName', nodepoolName: 'gw' } as const;
  const reasonOf = (found: object): string => (isFinding(found) ? found.reason : 'fine');
  assert.deepEqual(
    [undefined, { ...pool, prefixLength: undefined }, pool].map((one) => reasonOf(checkPool(one, reference))),
    ['GatewayPoolNotFound', 'NotAGatewayPool', 'fine'],
  );
});

test('a prefix lies in the subscription of the pool, whatever the case', () => {
  assert.equal(checkPrefixSubscription(prefixId, pool), undefined);
  assert.equal(checkPrefixSubscription(prefixId.replace('/s/', '/other/'), pool)?.reason, 'PrefixSubscriptionMismatch');
});

const use = (configurationUid?: string): PublicIpPrefix['uses'][number] => ({ resourceId: 'r', configurationUid });

const prefixes: readonly (readonly [string, PublicIpPrefix | undefined, 'any' | 'tagged', string | undefined])[] = [
  ['one that fits', prefix, 'any', undefined],
  ['one that does not exist', undefined, 'any', 'PrefixNotFound'],
  ['one of IPv6', { ...prefix, ipVersion: 'IPv6' }, 'any', 'PrefixUnsuitable'],
  ['one of SKU Basic', { ...prefix, sku: 'Basic' }, 'any', 'PrefixUnsuitable'],
  ['one of another region', { ...prefix, location: 'eastus' }, 'any', 'PrefixRegionMismatch'],
  ['one of another size', { ...prefix, prefixLength: 30 }, 'any', 'PrefixSizeMismatch'],
  ['one that is used by others', { ...prefix, uses: [use()] }, 'any', 'PrefixExhausted'],
  ['one that we use ourselves', { ...prefix, uses: [use('u'), use('u')] }, 'any', undefined],
  ['one without a tag, where tags count', prefix, 'tagged', 'PrefixNotShared'],
  ['one for other namespaces', { ...prefix, tags: { 'segw-namespaces': 'a,b' } }, 'tagged', 'PrefixNotShared'],
  ['one for our namespace', { ...prefix, tags: { 'segw-namespaces': 'a, team' } }, 'tagged', undefined],
];

for (const [what, found, byoPrefixes, reason] of prefixes) {
  test(`brought prefix: ${what} is ${reason ?? 'accepted'}`, () => {
    const finding = checkPrefix({ prefixId, prefix: found, pool, configuration: configuration('u'), byoPrefixes });
    assert.equal(finding?.reason, reason);
  });
}

test('the oldest configuration owns a prefix, and of two of one second one and the same', () => {
  const [old, young] = [configuration('z', '2026-01-01T00:00:00Z'), configuration('a', '2026-01-02T00:00:00Z')];
  assert.equal(otherOwner(young, [old]), old);
  assert.equal(otherOwner(old, [young]), undefined);
  const twin = configuration('y', '2026-01-01T00:00:00Z');
  assert.equal(otherOwner(old, [twin]), twin);
  assert.equal(otherOwner(twin, [old]), undefined);
});
