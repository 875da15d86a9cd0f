import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../arm/database.ts';
import { ArmError } from '../arm/errors.ts';
import { createRoleAssignments } from './role-assignments.ts';
import { createRoleAuthorizer } from './role-authorizer.ts';
import { createRoleDefinitions } from './role-definitions.ts';

const group = '/subscriptions/s/resourceGroups/g';
const prefix = `${group}/providers/Microsoft.Network/publicIPPrefixes/p`;
const roles = {
  owner: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
  contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  network: '4d97b98b-1d4f-4787-a291-c67834d212e7',
  machines: '9980e02c-c2be-4d73-94e8-173b1dc7cf3c',
  access: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
  identity: 'f1a07417-d97a-45cb-824c-7a7467783830',
} as const;

async function open() {
  const database = await openDatabase(':memory:');
  const definitions = createRoleDefinitions(database);
  const assignments = createRoleAssignments(database, () => new Date());
  return { assignments, definitions, authorizer: createRoleAuthorizer({ assignments, definitions }) };
}

const caller = { clientId: 'client', objectId: 'object' };

const rows: readonly [role: keyof typeof roles | undefined, at: string, action: string, scope: string, isAllowed: boolean][] = [
  [undefined, group, 'Microsoft.Network/publicIPPrefixes/read', prefix, false],
  ['reader', group, 'Microsoft.Network/publicIPPrefixes/read', prefix, true],
  ['reader', group, 'Microsoft.Network/publicIPPrefixes/join/action', prefix, false],
  ['reader', group, 'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action', prefix, false],
  ['reader', prefix, 'Microsoft.Network/publicIPPrefixes/read', group, false],
  ['reader', prefix, 'Microsoft.Network/publicIPPrefixes/read', `${prefix}2`, false],
  ['reader', prefix.toUpperCase(), 'Microsoft.Network/publicIPPrefixes/read', prefix, true],
  ['reader', '/subscriptions/s', 'Microsoft.Network/publicIPPrefixes/read', prefix, true],
  ['reader', '', 'Microsoft.Network/publicIPPrefixes/read', prefix, true],
  ['reader', '/subscriptions/other', 'Microsoft.Network/publicIPPrefixes/read', prefix, false],
  ['contributor', group, 'Microsoft.Network/publicIPPrefixes/write', prefix, true],
  ['contributor', group, 'Microsoft.Authorization/roleAssignments/write', prefix, false],
  ['contributor', group, 'Microsoft.Authorization/roleAssignments/delete', prefix, false],
  ['contributor', group, 'Microsoft.Authorization/roleAssignments/read', prefix, true],
  ['owner', group, 'Microsoft.Authorization/roleAssignments/write', prefix, true],
  ['access', group, 'Microsoft.Authorization/roleAssignments/write', prefix, true],
  ['access', group, 'Microsoft.Network/publicIPPrefixes/write', prefix, false],
  ['network', prefix, 'Microsoft.Network/publicIPPrefixes/join/action', prefix, true],
  ['network', group, 'Microsoft.Compute/virtualMachineScaleSets/write', group, false],
  ['machines', group, 'Microsoft.Compute/virtualMachineScaleSets/write', group, true],
  ['machines', group, 'Microsoft.Network/virtualNetworks/subnets/join/action', group, true],
  ['machines', group, 'Microsoft.Network/publicIPPrefixes/join/action', prefix, false],
  ['identity', group, 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action', group, true],
  ['identity', group, 'Microsoft.ManagedIdentity/userAssignedIdentities/write', group, false],
];
for (const [role, at, action, scope, isAllowed] of rows)
  test(`${role ?? 'nobody'} on ${at} ${isAllowed ? 'may' : 'may not'} ${action} on ${scope}`, async () => {
    const { assignments, authorizer } = await open();
    if (role !== undefined) assignments.ensure({ principalId: caller.objectId, role: roles[role], scope: at });
    const ask = (): void => {
      authorizer.authorize({ caller, action, scope });
    };
    if (isAllowed) ask();
    else assert.throws(ask, (error) => error instanceof ArmError && error.status === 403 && error.code === 'AuthorizationFailed');
  });

test('links that are refused are named together', async () => {
  const { assignments, authorizer } = await open();
  assignments.ensure({ principalId: caller.objectId, role: roles.contributor, scope: group });
  const request = { caller, action: 'Microsoft.Compute/virtualMachineScaleSets/write', scope: `${group}/x` };
  const subnet = { action: 'Microsoft.Network/virtualNetworks/subnets/join/action', scope: `${group}/subnet` };
  const elsewhere = [1, 2].map((n) => ({
    action: 'Microsoft.Network/publicIPPrefixes/join/action',
    scope: `/other/${String(n)}`,
  }));
  authorizer.authorizeLinks(request, [subnet]);
  assert.throws(
    () => {
      authorizer.authorizeLinks(request, [subnet, ...elsewhere]);
    },
    (error) =>
      error instanceof ArmError &&
      error.code === 'LinkedAuthorizationFailed' &&
      error.message.includes(
        "action(s) 'Microsoft.Network/publicIPPrefixes/join/action' on the linked scope(s) '/other/1,/other/2'",
      ),
  );
});

test('a grant is made once, and taken back', async () => {
  const { assignments } = await open();
  const grant = { principalId: 'p', role: roles.reader, scope: group };
  assignments.ensure(grant);
  assignments.ensure({ ...grant, scope: group.toLowerCase() });
  assert.equal(assignments.all().length, 1);
  assignments.revoke(grant);
  assert.deepEqual(assignments.all(), []);
});
