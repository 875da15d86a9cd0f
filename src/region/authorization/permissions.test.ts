import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePermissions } from './permissions.ts';

const rows: readonly [pattern: string, action: string, isAllowed: boolean][] = [
  ['*', 'Microsoft.Network/publicIPPrefixes/write', true],
  ['*/read', 'Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read', true],
  ['*/read', 'Microsoft.Compute/virtualMachineScaleSets/write', false],
  ['*/read', 'Microsoft.Compute/thread', false],
  ['Microsoft.Network/*', 'Microsoft.Network/publicIPPrefixes/join/action', true],
  ['Microsoft.Network/*', 'Microsoft.NetworkAnalytics/x/read', false],
  ['microsoft.network/PUBLICIPPREFIXES/read', 'Microsoft.Network/publicIPPrefixes/read', true],
  ['Microsoft.Network/publicIPPrefixes/read', 'Microsoft.Network/publicIPPrefixes/read/more', false],
  ['Microsoft.Network/publicIPPrefixes/read', 'MicrosoftxNetwork/publicIPPrefixes/read', false],
  ['Microsoft.Authorization/*/write', 'Microsoft.Authorization/roleAssignments/write', true],
  ['Microsoft.Authorization/*/write', 'Microsoft.Authorization/overwrite', false],
  ['M.I/identities/*/assign/action', 'M.I/identities/assign/action', true],
  ['M.I/identities/*/assign/action', 'M.I/identities/x/assign/action', true],
  ['M.I/identities/*/assign/action', 'M.I/identities/xassign/action', false],
];
for (const [pattern, action, isAllowed] of rows)
  test(`${pattern} ${isAllowed ? 'allows' : 'does not allow'} ${action}`, () => {
    assert.equal(compilePermissions([{ actions: [pattern], notActions: [] }])(action), isAllowed);
  });

test('what a permission takes away, another one of the same role may give', () => {
  const limited = { actions: ['A/*'], notActions: ['A/*/delete'] };
  assert.equal(compilePermissions([limited])('A/b/read'), true);
  assert.equal(compilePermissions([limited])('A/b/delete'), false);
  assert.equal(compilePermissions([limited, { actions: ['A/b/delete'], notActions: [] }])('A/b/delete'), true);
});
