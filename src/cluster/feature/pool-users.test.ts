import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StaticGatewayConfiguration, StaticGatewayConfigurationSpec } from '../../api/static-gateway-configuration.ts';
import { poolUsers } from './pool-users.ts';

const pool = { nodepool: 'gw', scaleSet: 'aks-gw-12345678-vmss', scaleSetResourceGroup: 'MC_rg_c1_local' };

function configuration(name: string, selection: Partial<StaticGatewayConfigurationSpec>): StaticGatewayConfiguration {
  return {
    metadata: { namespace: 'team', name },
    spec: { provisionPublicIps: true, defaultRoute: 'staticEgressGateway', ...selection },
  };
}

function profile(vmssResourceGroup: string, vmssName: string): Partial<StaticGatewayConfigurationSpec> {
  return { gatewayVmssProfile: { vmssResourceGroup, vmssName, publicIpPrefixSize: 31 } };
}

const cases: readonly [what: string, selection: Partial<StaticGatewayConfigurationSpec>, uses: boolean][] = [
  ['names the pool', { gatewayNodepoolName: 'gw' }, true],
  ['names the pool, with an empty profile', { gatewayNodepoolName: 'gw', gatewayVmssProfile: {} }, true],
  ['names another pool', { gatewayNodepoolName: 'gw2' }, false],
  ['names its scale set', profile('mc_RG_c1_local', 'AKS-gw-12345678-vmss'), true],
  ['names a scale set of that name elsewhere', profile('elsewhere', 'aks-gw-12345678-vmss'), false],
  ['names nothing', {}, false],
];
for (const [what, selection, uses] of cases)
  test(`a configuration that ${what} ${uses ? 'uses' : 'does not use'} the pool`, () => {
    assert.deepEqual(poolUsers([configuration('one', selection)], pool), uses ? ['team/one'] : []);
  });

test('users are listed by namespace and name, also those that are being deleted', () => {
  const leaving = configuration('b', { gatewayNodepoolName: 'gw' });
  const users = [
    { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
    configuration('a', { gatewayNodepoolName: 'gw' }),
  ];
  assert.deepEqual(poolUsers(users, pool), ['team/a', 'team/b']);
});
