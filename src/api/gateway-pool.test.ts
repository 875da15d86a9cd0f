import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayPoolOf } from './gateway-pool.ts';

const profile = { vmssResourceGroup: 'g', vmssName: 'v', publicIpPrefixSize: 30 };
const scaleSet = { by: 'scaleSet', resourceGroup: 'g', name: 'v', publicIpPrefixSize: 30 };
const nodepool = { by: 'nodepoolName', nodepoolName: 'pool' };

const table: readonly (readonly [what: string, Parameters<typeof gatewayPoolOf>[0], unknown])[] = [
  ['a pool name alone', { gatewayNodepoolName: 'pool' }, nodepool],
  ['a pool name and an empty profile', { gatewayNodepoolName: 'pool', gatewayVmssProfile: {} }, nodepool],
  ['a profile alone', { gatewayVmssProfile: profile }, scaleSet],
  ['a profile and an empty pool name', { gatewayNodepoolName: '', gatewayVmssProfile: profile }, scaleSet],
  ['nothing', {}, undefined],
  ['both', { gatewayNodepoolName: 'pool', gatewayVmssProfile: profile }, undefined],
  ['half a profile', { gatewayVmssProfile: { vmssName: 'v' } }, undefined],
];

for (const [what, spec, expected] of table) {
  test(`${what} selects ${JSON.stringify(expected) ?? 'nothing'}`, () => {
    assert.deepEqual(gatewayPoolOf(spec), expected);
  });
}
