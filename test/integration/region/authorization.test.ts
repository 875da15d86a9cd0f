import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { AuthorizationManagementClient, type RoleAssignment } from '@azure/arm-authorization';
import type { JsonObject } from '../../../src/region/arm/resource.ts';
import { principalOf, type RegionPrincipal, roles } from '../../support/region-principal.ts';
import { type Answer, type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'local';
const authorization = 'providers/Microsoft.Authorization';

let server: RegionServer;
let client: AuthorizationManagementClient;
let subscription: string;
let group: string;
let prefix: string;

before(async () => {
  server = await startRegionServer();
  const { credential, subscriptionId, endpoint, clientOptions } = server;
  client = new AuthorizationManagementClient(credential, subscriptionId, { ...clientOptions, $host: endpoint });
  subscription = `/subscriptions/${subscriptionId}`;
  group = `${subscription}/resourceGroups/rg`;
  await server.call('PUT', group, { location });
  prefix = await createPrefix(group, 'p');
});
after(async () => {
  await server.close();
});

async function createPrefix(inGroup: string, name: string): Promise<string> {
  const id = `${inGroup}/providers/Microsoft.Network/publicIPPrefixes/${name}`;
  const { status } = await server.call('PUT', id, { location, sku: { name: 'Standard' }, properties: { prefixLength: 31 } });
  assert.ok(status < 300);
  return id;
}

function newPrincipal(): RegionPrincipal {
  return principalOf(server, `test-${randomUUID()}`);
}

function roleId(role: string): string {
  return `${subscription}/${authorization}/roleDefinitions/${role}`;
}

function errorOf({ body }: Answer): JsonObject {
  const error = body['error'];
  assert.ok(typeof error === 'object' && error !== null && !Array.isArray(error), JSON.stringify(body));
  const members: JsonObject = JSON.parse(JSON.stringify(error));
  return members;
}

function refusal(answer: Answer): readonly unknown[] {
  return [answer.status, errorOf(answer)['code']];
}

async function assign(
  scope: string,
  principal: RegionPrincipal,
  role: string,
  name: string = randomUUID(),
): Promise<RoleAssignment> {
  return client.roleAssignments.create(scope, name, {
    roleDefinitionId: roleId(role),
    principalId: principal.objectId,
    principalType: 'ServicePrincipal',
  });
}

function isRefusedWith(code: string, pattern = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    return true;
  };
}

describe('role definitions', () => {
  test('a built-in role is found by its name, at any scope', async () => {
    for (const scope of [subscription, group, prefix]) {
      const [role, ...others] = await Array.fromAsync(
        client.roleDefinitions.list(scope, { filter: "roleName eq 'network contributor'" }),
      );
      assert.deepEqual([role?.name, role?.roleType, others.length], [roles.networkContributor, 'BuiltInRole', 0]);
      assert.ok(role?.permissions?.[0]?.actions?.includes('Microsoft.Network/*'));
    }
    assert.equal((await client.roleDefinitions.getById(`/${authorization}/roleDefinitions/${roles.reader}`)).roleName, 'Reader');
  });

  test('a custom role is created, changed, listed, used and deleted', async () => {
    const name = randomUUID();
    const definition = {
      roleName: 'Prefix Reader',
      description: 'Reads prefixes',
      assignableScopes: [group],
      permissions: [{ actions: ['Microsoft.Network/publicIPPrefixes/read'], notActions: [] }],
    };
    const created = await client.roleDefinitions.createOrUpdate(subscription, name, definition);
    assert.deepEqual([created.roleType, created.roleName], ['CustomRole', 'Prefix Reader']);
    const who = newPrincipal();
    const assignment = await assign(group, who, name);
    assert.equal((await who.call('GET', prefix)).status, 200);
    assert.equal((await who.call('DELETE', prefix)).status, 403);
    await client.roleDefinitions.createOrUpdate(subscription, name, {
      ...definition,
      permissions: [{ actions: ['Microsoft.Network/*/write'], notActions: [] }],
    });
    assert.equal((await who.call('GET', prefix)).status, 403);
    const listed = async (scope: string): Promise<number> =>
      (await Array.fromAsync(client.roleDefinitions.list(scope, { filter: "type eq 'CustomRole'" }))).length;
    assert.deepEqual([await listed(group), await listed(prefix), await listed(subscription)], [1, 1, 0]);
    await assert.rejects(client.roleDefinitions.delete(subscription, name), isRefusedWith('RoleDefinitionHasAssignments'));
    await client.roleAssignments.deleteById(assignment.id ?? '');
    await client.roleDefinitions.delete(subscription, name);
    await assert.rejects(client.roleDefinitions.get(subscription, name), isRefusedWith('RoleDefinitionDoesNotExist'));
  });

  const refused: readonly [what: string, code: string, body: () => JsonObject][] = [
    ['without a name', 'InvalidRoleDefinition', () => ({ assignableScopes: [group], permissions: [{ actions: ['*'] }] })],
    [
      'without a scope',
      'InvalidRoleDefinition',
      () => ({ roleName: 'x', assignableScopes: [], permissions: [{ actions: ['*'] }] }),
    ],
    [
      'for everything there is',
      'InvalidRoleDefinition',
      () => ({ roleName: 'x', assignableScopes: ['/'], permissions: [{ actions: ['*'] }] }),
    ],
    [
      'with an action that is none',
      'InvalidRoleDefinition',
      () => ({ roleName: 'x', assignableScopes: [group], permissions: [{ actions: ['read'] }] }),
    ],
    [
      'with data actions',
      'InvalidRoleDefinition',
      () => ({ roleName: 'x', assignableScopes: [group], permissions: [{ actions: ['*'], dataActions: ['M.Storage/x/read'] }] }),
    ],
    [
      'with the name of another',
      'RoleDefinitionWithSameNameExists',
      () => ({ roleName: 'reader', assignableScopes: [group], permissions: [{ actions: ['*'] }] }),
    ],
    [
      'for another subscription',
      'LinkedAuthorizationFailed',
      () => ({ roleName: 'x', assignableScopes: ['/subscriptions/other'], permissions: [{ actions: ['*'] }] }),
    ],
  ];
  for (const [what, code, properties] of refused)
    test(`a custom role ${what} is refused`, async () => {
      const name = randomUUID();
      const path = `${subscription}/${authorization}/roleDefinitions/${name}`;
      const answer = await server.call('PUT', path, { properties: properties() });
      assert.equal(errorOf(answer)['code'], code);
      assert.equal((await server.call('GET', path)).status, 404);
    });

  test('a built-in role can be neither changed nor deleted', async () => {
    const path = roleId(roles.reader);
    assert.deepEqual(refusal(await server.call('DELETE', path)), [400, 'BuiltInRoleCannotBeChanged']);
    assert.deepEqual(refusal(await server.call('PUT', path, {})), [400, 'BuiltInRoleCannotBeChanged']);
  });
});

describe('role assignments', () => {
  test('one is created, read, listed and deleted at every kind of scope', async () => {
    const who = newPrincipal();
    for (const scope of [subscription, group, prefix]) {
      const created = await assign(scope, who, roles.reader);
      assert.deepEqual([created.scope, created.principalId], [scope, who.objectId]);
      assert.equal(created.id, `${scope}/${authorization}/roleAssignments/${created.name ?? ''}`);
      assert.equal((await client.roleAssignments.getById(created.id)).roleDefinitionId, roleId(roles.reader));
    }
    const count = async (scope: string, filter: string): Promise<number> =>
      (await Array.fromAsync(client.roleAssignments.listForScope(scope, { filter }))).length;
    const mine = `principalId eq '${who.objectId}'`;
    assert.deepEqual([await count(subscription, mine), await count(group, mine), await count(prefix, mine)], [3, 3, 3]);
    assert.deepEqual([await count(subscription, `atScope() and ${mine}`), await count(prefix, `atScope() and ${mine}`)], [1, 3]);
    assert.equal(await count(subscription, `assignedTo('${who.objectId}')`), 3);
    for (const { id = '' } of await Array.fromAsync(client.roleAssignments.listForScope(subscription, { filter: mine })))
      await client.roleAssignments.deleteById(id);
    assert.equal(await count(subscription, mine), 0);
  });

  test('the installation owns the subscription', async () => {
    const all = await Array.fromAsync(client.roleAssignments.listForSubscription({ filter: 'atScope()' }));
    const { objectId } = server.region.credentials;
    assert.equal(all.find(({ principalId }) => principalId === objectId)?.roleDefinitionId, roleId(roles.owner));
  });

  test('the same grant again is refused, and names the one that is there', async () => {
    const who = newPrincipal();
    const { name = '' } = await assign(group, who, roles.reader);
    const again = assign(group.toUpperCase().replace('/SUBSCRIPTIONS', '/subscriptions'), who, roles.reader);
    await assert.rejects(again, isRefusedWith('RoleAssignmentExists', new RegExp(name.replaceAll('-', ''))));
    assert.equal((await assign(group, who, roles.reader, name)).name, name);
    await assert.rejects(assign(group, who, roles.contributor, name), isRefusedWith('RoleAssignmentUpdateNotPermitted'));
  });

  const refused: readonly [what: string, status: number, code: string, properties: () => JsonObject, scope?: () => string][] = [
    ['of a role that is unknown', 404, 'RoleDefinitionDoesNotExist', () => ({ roleDefinitionId: roleId(randomUUID()) })],
    ['of no role', 400, 'InvalidRoleDefinitionId', () => ({ roleDefinitionId: 'Reader' })],
    ['to somebody unknown', 400, 'PrincipalNotFound', () => ({ principalId: randomUUID(), principalType: null })],
    ['to a user', 400, 'BadRequestFormat', () => ({ principalType: 'User' })],
    ['to a name', 400, 'BadRequestFormat', () => ({ principalId: 'segw' })],
    ['with a condition', 400, 'BadRequestFormat', () => ({ condition: 'true' })],
    ['in a group that is not there', 404, 'ResourceGroupNotFound', () => ({}), () => `${subscription}/resourceGroups/no`],
    ['on a resource that is not there', 404, 'ResourceNotFound', () => ({}), () => `${prefix}-no`],
    ['above the subscription', 403, 'AuthorizationFailed', () => ({}), () => ''],
    ['in another subscription', 404, 'SubscriptionNotFound', () => ({}), () => `/subscriptions/${randomUUID()}`],
  ];
  for (const [what, status, code, change, scope = () => group] of refused)
    test(`an assignment ${what} is refused`, async () => {
      const properties = {
        roleDefinitionId: roleId(roles.reader),
        principalId: newPrincipal().objectId,
        principalType: 'ServicePrincipal',
        ...change(),
      };
      const answer = await server.call('PUT', `${scope()}/${authorization}/roleAssignments/${randomUUID()}`, { properties });
      assert.deepEqual(refusal(answer), [status, code]);
    });

  test('a name that is no GUID, and a filter that is unknown, are refused', async () => {
    const path = `${group}/${authorization}/roleAssignments`;
    assert.deepEqual(refusal(await server.call('PUT', `${path}/mine`, {})), [400, 'InvalidRoleAssignmentId']);
    assert.deepEqual(refusal(await server.call('GET', `${path}?$filter=scope%20eq%20'x'`)), [400, 'UnsupportedQuery']);
    assert.equal((await server.call('DELETE', `${path}/${randomUUID()}`)).status, 204);
    assert.deepEqual(refusal(await server.call('GET', `${path}/${randomUUID()}`)), [404, 'RoleAssignmentNotFound']);
  });

  test('it goes with its resource, and does not come back with one of the same name', async () => {
    const who = newPrincipal();
    const other = `${subscription}/resourceGroups/short`;
    await server.call('PUT', other, { location });
    const short = await createPrefix(other, 'short');
    await assign(short, who, roles.reader);
    assert.equal((await who.call('GET', short)).status, 200);
    await server.call('DELETE', short);
    await createPrefix(other, 'short');
    assert.equal((await who.call('GET', short)).status, 403);
  });

  test('it outlives a restart of the region', async () => {
    const who = newPrincipal();
    await assign(group, who, roles.reader);
    await server.restart();
    assert.equal((await principalOf(server, who.displayName).call('GET', prefix)).status, 200);
  });
});

describe('every call', () => {
  test('is refused to somebody without a role, in the words of Azure, and nothing happens', async () => {
    const who = newPrincipal();
    const answer = await who.call('DELETE', prefix);
    assert.deepEqual(refusal(answer), [403, 'AuthorizationFailed']);
    assert.equal(
      errorOf(answer)['message'],
      `The client '${who.clientId}' with object id '${who.objectId}' does not have authorization to perform action 'Microsoft.Network/publicIPPrefixes/delete' over scope '${prefix}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    );
    const calls: readonly (readonly [string, string])[] = [
      ['GET', subscription],
      ['GET', `${subscription}/resourceGroups`],
      ['GET', `${subscription}/resources`],
      ['GET', `${subscription}/providers/Microsoft.Network/publicIPPrefixes`],
      ['GET', `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/none`],
      ['GET', `${group}/${authorization}/roleAssignments`],
      ['PUT', `${subscription}/resourceGroups/mine`],
      ['PATCH', prefix],
      ['DELETE', group],
      ['POST', `${group}/providers/Microsoft.ContainerService/managedClusters/c/listClusterAdminCredential`],
      ['POST', `${subscription}/providers/Microsoft.Features/providers/N/features/F/register`],
      ['POST', `${subscription}/providers/Microsoft.Network/register`],
      ['GET', '/local/faults'],
      ['POST', '/local/images/import'],
      ['GET', '/whatever'],
    ];
    for (const [method, path] of calls)
      assert.deepEqual([path, (await who.call(method, path, method === 'GET' ? undefined : {})).status], [path, 403]);
    assert.equal((await server.call('GET', prefix)).status, 200);
  });

  test('a service that answers flat errors does not so for a refusal by the front door', async () => {
    const answer = await newPrincipal().call('GET', `${group}/providers/Microsoft.ContainerService/managedClusters/c`);
    assert.deepEqual(refusal(answer), [403, 'AuthorizationFailed']);
  });

  test('what a Reader may, and what not', async () => {
    const who = newPrincipal();
    who.grant(roles.reader, group);
    assert.equal((await who.call('GET', `${group}/providers/Microsoft.Network/publicIPPrefixes`)).status, 200);
    assert.equal((await who.call('GET', `${subscription}/providers/Microsoft.Network/publicIPPrefixes`)).status, 403);
    assert.equal((await who.call('PATCH', prefix, { tags: { a: 'b' } })).status, 403);
    assert.deepEqual((await server.call('GET', prefix)).body['tags'], {});
  });

  test('a Contributor gives no roles; a User Access Administrator gives roles and nothing else', async () => {
    const name = randomUUID();
    const path = `${group}/${authorization}/roleAssignments/${name}`;
    const someone = newPrincipal();
    const body = { properties: { roleDefinitionId: roleId(roles.reader), principalId: someone.objectId } };
    const contributor = newPrincipal();
    contributor.grant(roles.contributor, subscription);
    assert.deepEqual(refusal(await contributor.call('PUT', path, body)), [403, 'AuthorizationFailed']);
    const administrator = newPrincipal();
    administrator.grant('18d7d88d-d35e-4fb5-a5c3-7773c20a72d9', subscription);
    assert.equal((await administrator.call('PUT', path, body)).status, 201);
    assert.equal((await administrator.call('DELETE', prefix)).status, 403);
    assert.equal((await someone.call('GET', prefix)).status, 200);
  });

  test('the subscription is shown to whoever has a role in it, and to nobody else', async () => {
    const who = newPrincipal();
    assert.deepEqual((await who.call('GET', '/subscriptions')).body['value'], []);
    assert.equal((await who.call('GET', subscription)).status, 403);
    who.grant(roles.reader, prefix);
    assert.match(JSON.stringify((await who.call('GET', '/subscriptions')).body), new RegExp(server.subscriptionId));
    assert.equal((await who.call('GET', subscription)).status, 200);
    assert.equal((await who.call('GET', `${subscription}/locations`)).status, 403);
  });

  test('an escaped slash does not lead around the gate', async () => {
    const who = newPrincipal();
    who.grant(roles.contributor, group);
    const answer = await who.call('DELETE', `${subscription}%2FresourceGroups/rg`);
    assert.deepEqual(refusal(answer), [400, 'InvalidRequestUri']);
  });

  test('the end of an operation is read by whoever began it, also when the rights went with the resource', async () => {
    const own = `${subscription}/resourceGroups/own`;
    await server.call('PUT', own, { location });
    const who = newPrincipal();
    who.grant(roles.contributor, own);
    const { status, headers } = await who.call('DELETE', own);
    assert.equal(status, 202);
    const url = new URL(headers.get('azure-asyncoperation') ?? '');
    assert.equal((await who.call('GET', url.pathname)).status, 200);
  });
});

describe('what a body joins', () => {
  let other: string;
  let elsewhere: string;
  let subnet: string;
  const scaleSet = (): string => `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/s`;

  before(async () => {
    other = `${subscription}/resourceGroups/other`;
    await server.call('PUT', other, { location });
    elsewhere = await createPrefix(other, 'elsewhere');
    const network = `${group}/providers/Microsoft.Network/virtualNetworks/v`;
    subnet = `${network}/subnets/n`;
    await server.call('PUT', network, {
      location,
      properties: {
        addressSpace: { addressPrefixes: ['10.96.0.0/16'] },
        subnets: [{ name: 'n', properties: { addressPrefix: '10.96.0.0/24' } }],
      },
    });
  });

  function body(prefixId: string): JsonObject {
    const publicAddress = { name: 'a', properties: { publicIPPrefix: { id: prefixId } } };
    const properties = { primary: true, subnet: { id: subnet }, publicIPAddressConfiguration: publicAddress };
    const nic = { name: 'n', properties: { primary: true, ipConfigurations: [{ name: 'c', properties }] } };
    const networkProfile = { networkInterfaceConfigurations: [nic] };
    return { location, sku: { name: 'Standard_D2s_v5', capacity: 0 }, properties: { virtualMachineProfile: { networkProfile } } };
  }

  test('has to be allowed where it is; the rest of the write is not enough', async () => {
    const who = newPrincipal();
    who.grant(roles.contributor, group);
    const answer = await who.call('PUT', scaleSet(), body(elsewhere));
    assert.deepEqual(refusal(answer), [403, 'LinkedAuthorizationFailed']);
    assert.equal(
      errorOf(answer)['message'],
      `The client '${who.clientId}' with object id '${who.objectId}' has permission to perform action 'Microsoft.Compute/virtualMachineScaleSets/write' on scope '${scaleSet()}'; however, it does not have permission to perform action(s) 'Microsoft.Network/publicIPPrefixes/join/action' on the linked scope(s) '${elsewhere}' (respectively) or the linked scope(s) are invalid.`,
    );
    assert.equal((await server.call('GET', scaleSet())).status, 404);
    who.grant(roles.reader, elsewhere);
    assert.equal((await who.call('PUT', scaleSet(), body(elsewhere))).status, 403);
    who.grant(roles.networkContributor, elsewhere);
    assert.equal((await who.call('PUT', scaleSet(), body(elsewhere))).status, 201);
  });

  test('a Virtual Machine Contributor joins subnets, not prefixes', async () => {
    const who = newPrincipal();
    who.grant(roles.virtualMachineContributor, group);
    const answer = await who.call('PUT', scaleSet(), body(prefix));
    assert.match(JSON.stringify(errorOf(answer)), /action\(s\) 'Microsoft\.Network\/publicIPPrefixes\/join\/action' on/);
    assert.equal((await who.call('PATCH', scaleSet(), { sku: { capacity: 0 } })).status, 200);
  });

  test('an address out of a prefix, and the subnet of a pool, are joined, too', async () => {
    const who = newPrincipal();
    who.grant(roles.contributor, other);
    const address = `${other}/providers/Microsoft.Network/publicIPAddresses/a`;
    const sku = { name: 'Standard' };
    const fromPrefix = { location, sku, properties: { publicIPAllocationMethod: 'Static', publicIPPrefix: { id: prefix } } };
    assert.deepEqual(refusal(await who.call('PUT', address, fromPrefix)), [403, 'LinkedAuthorizationFailed']);
    const cluster = `${other}/providers/Microsoft.ContainerService/managedClusters/c`;
    const agentPoolProfiles = [{ name: 'np', mode: 'System', count: 1, vnetSubnetID: subnet }];
    const answer = await who.call('PUT', cluster, { location, properties: { dnsPrefix: 'c', agentPoolProfiles } });
    assert.deepEqual(refusal(answer), [403, 'LinkedAuthorizationFailed']);
    assert.equal((await server.call('GET', cluster)).status, 404);
  });
});
