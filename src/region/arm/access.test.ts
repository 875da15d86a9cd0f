import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessOf } from './access.ts';

const s = '/subscriptions/s';
const group = `${s}/resourceGroups/g`;
const prefix = `${group}/providers/Microsoft.Network/publicIPPrefixes/p`;
const subnet = `${group}/providers/Microsoft.Network/virtualNetworks/v/subnets/n`;
const assignment = 'providers/Microsoft.Authorization/roleAssignments';
const operation = `${s}/providers/Microsoft.Network/locations/local/operations/1`;

const rows: readonly [method: string, path: string, action: string | undefined, scope?: string][] = [
  ['GET', '/subscriptions', undefined],
  ['GET', '/tenants', undefined],
  ['GET', '/providers/Microsoft.Authorization/roleDefinitions/x', undefined],
  ['GET', operation, undefined],
  ['DELETE', operation, 'Microsoft.Network/locations/operations/delete', operation],
  ['GET', s, 'Microsoft.Resources/subscriptions/read', s],
  ['GET', `${s}/resourceGroups`, 'Microsoft.Resources/subscriptions/resourceGroups/read', s],
  ['PUT', group, 'Microsoft.Resources/subscriptions/resourceGroups/write', group],
  ['GET', `${s}/resources`, 'Microsoft.Resources/subscriptions/resources/read', s],
  [
    'GET',
    `${s}/providers/Microsoft.Network`,
    'Microsoft.Resources/subscriptions/providers/read',
    `${s}/providers/Microsoft.Network`,
  ],
  ['POST', `${s}/providers/Microsoft.Network/register`, 'Microsoft.Network/register/action', s],
  [
    'POST',
    `${s}/providers/Microsoft.Features/providers/N/features/F/register`,
    'Microsoft.Features/providers/features/register/action',
    `${s}/providers/Microsoft.Features/providers/N/features/F`,
  ],
  ['PUT', prefix, 'Microsoft.Network/publicIPPrefixes/write', prefix],
  ['PATCH', prefix, 'Microsoft.Network/publicIPPrefixes/write', prefix],
  ['HEAD', prefix, 'Microsoft.Network/publicIPPrefixes/read', prefix],
  ['DELETE', subnet, 'Microsoft.Network/virtualNetworks/subnets/delete', subnet],
  ['GET', `${group}/providers/Microsoft.Network/publicIPPrefixes`, 'Microsoft.Network/publicIPPrefixes/read', group],
  [
    'GET',
    `${group}/providers/Microsoft.Network/virtualNetworks/v/subnets`,
    'Microsoft.Network/virtualNetworks/subnets/read',
    `${group}/providers/Microsoft.Network/virtualNetworks/v`,
  ],
  ['POST', `${prefix}/move`, 'Microsoft.Network/publicIPPrefixes/move/action', prefix],
  ['PUT', `${s}/resourceGroups/providers/providers/N.A/t/x`, 'N.A/t/write', `${s}/resourceGroups/providers/providers/N.A/t/x`],
  ['GET', `${prefix}/${assignment}`, 'Microsoft.Authorization/roleAssignments/read', prefix],
  ['PUT', `${prefix}/${assignment}/a`, 'Microsoft.Authorization/roleAssignments/write', `${prefix}/${assignment}/a`],
  ['PUT', `/${assignment}/a`, 'Microsoft.Authorization/roleAssignments/write', `/${assignment}/a`],
  ['GET', `/${assignment}`, 'Microsoft.Authorization/roleAssignments/read', ''],
  ['POST', '/local/images/import', 'Microsoft.Resources/local/import/action', s],
];
for (const [method, path, action, scope = ''] of rows)
  test(`${method} ${path} needs ${action ?? 'a token'}`, () => {
    assert.deepEqual(accessOf(method, path, s), action === undefined ? undefined : { action, scope });
  });
