import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ContainerServiceClient } from '@azure/arm-containerservice';
import { ManagedServiceIdentityClient } from '@azure/arm-msi';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Principal } from '../../../src/region/arm/principals.ts';
import { idKey } from '../../../src/region/arm/ids.ts';
import type { JsonObject, JsonValue } from '../../../src/region/arm/resource.ts';
import { createMemoryPlatform } from '../../support/memory-platform.ts';
import { principalOf, roles } from '../../support/region-principal.ts';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'local';
const platform = createMemoryPlatform();

let server: RegionServer;
let identities: ManagedServiceIdentityClient;
let containers: ContainerServiceClient;
let subscription: string;
let group: string;
let clusterKey: CryptoKey;

before(async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  clusterKey = privateKey;
  const jwk: JWK = { ...(await exportJWK(publicKey)), alg: 'RS256', kid: 'k' };
  const clusters: typeof platform.clusters = { ...platform.clusters, serviceAccountKeys: async () => [jwk] };
  server = await startRegionServer({ platform: { ...platform, clusters } });
  const { credential, subscriptionId, clientOptions } = server;
  identities = new ManagedServiceIdentityClient(credential, subscriptionId, clientOptions);
  containers = new ContainerServiceClient(credential, subscriptionId, clientOptions);
  subscription = `/subscriptions/${subscriptionId}`;
  group = `${subscription}/resourceGroups/rg`;
  await server.call('PUT', group, { location });
});
after(async () => {
  await server.close();
});

function isRefusedWith(code: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error && 'code' in error);
    assert.equal(error.code, code, error.message);
    return true;
  };
}

function text(value: JsonValue | undefined): string {
  assert.ok(typeof value === 'string');
  return value;
}

async function createIdentity(name: string) {
  return identities.userAssignedIdentities.createOrUpdate('rg', name, { location });
}

describe('user-assigned identities', () => {
  test('one is a principal from the moment it is there until it goes', async () => {
    const { principals } = server.region.world;
    const created = await createIdentity('short');
    assert.deepEqual(principals.find(created.clientId ?? ''), {
      clientId: created.clientId,
      objectId: created.principalId,
      displayName: idKey(created.id ?? ''),
    });
    const again = await identities.userAssignedIdentities.update('rg', 'short', { tags: { a: 'b' } });
    assert.deepEqual([again.principalId, again.tags], [created.principalId, { a: 'b' }]);
    assert.equal((await Array.fromAsync(identities.userAssignedIdentities.listBySubscription())).length, 1);
    await identities.userAssignedIdentities.delete('rg', 'short');
    assert.equal(principals.find(created.clientId ?? ''), undefined);
    const next = await createIdentity('short');
    assert.notEqual(next.principalId, created.principalId);
    await identities.userAssignedIdentities.delete('rg', 'short');
  });

  test('one goes with its group', async () => {
    const other = `${subscription}/resourceGroups/gone`;
    await server.call('PUT', other, { location });
    const { clientId = '' } = await identities.userAssignedIdentities.createOrUpdate('gone', 'inside', { location });
    await server.call('DELETE', other);
    while ((await server.call('GET', other)).status !== 404) await new Promise(setImmediate);
    assert.equal(server.region.world.principals.find(clientId), undefined);
  });

  test('a name that Azure would not take is refused', async () => {
    await assert.rejects(createIdentity('a'), isRefusedWith('InvalidResourceName'));
    await assert.rejects(createIdentity('a.b.c'), isRefusedWith('InvalidResourceName'));
  });
});

describe('workload identity', () => {
  const subject = 'system:serviceaccount:shop:till';
  let issuer: string;
  let clientId: string;

  before(async () => {
    const cluster = await containers.managedClusters.createOrUpdate('rg', 'issuing', {
      location,
      agentPoolProfiles: [{ name: 'np', mode: 'System', count: 1 }],
    });
    issuer = cluster.oidcIssuerProfile?.issuerURL ?? '';
    const identity = await createIdentity('workload');
    clientId = identity.clientId ?? '';
  });

  async function federate(name: string, change: JsonObject = {}): Promise<void> {
    const credential = { issuer, subject, audiences: ['api://AzureADTokenExchange'], ...change };
    await identities.federatedIdentityCredentials.createOrUpdate('rg', 'workload', name, credential);
  }

  async function exchange(tokenSubject = subject): Promise<JsonObject> {
    const assertion = await new SignJWT({ sub: tokenSubject })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setIssuer(issuer)
      .setAudience('api://AzureADTokenExchange')
      .setExpirationTime('5m')
      .sign(clusterKey);
    const { tenantId } = server.region.credentials;
    const response = await server.region.app.request(`${server.endpoint}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        scope: 'https://management.azure.com/.default',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      }),
    });
    const answer: JsonObject = JSON.parse(await response.text());
    return answer;
  }

  test('a service account is trusted while its federated credential is there', async () => {
    assert.equal((await exchange())['error'], 'invalid_client');
    await federate('till');
    assert.ok('access_token' in (await exchange()));
    assert.equal((await exchange('system:serviceaccount:shop:other'))['error'], 'invalid_client');
    const listed = await Array.fromAsync(identities.federatedIdentityCredentials.list('rg', 'workload'));
    assert.deepEqual(
      listed.map((one) => [one.name, one.issuer, one.subject]),
      [['till', issuer, subject]],
    );
    await identities.federatedIdentityCredentials.delete('rg', 'workload', 'till');
    assert.equal((await exchange())['error'], 'invalid_client');
  });

  const refused: readonly [what: string, change: JsonObject][] = [
    ['without https', { issuer: 'http://issuer.example' }],
    ['for another audience', { audiences: ['api://other'] }],
    ['for two audiences', { audiences: ['api://AzureADTokenExchange', 'api://AzureADTokenExchange'] }],
    ['for nobody', { subject: '' }],
  ];
  for (const [what, change] of refused)
    test(`a federated credential ${what} is refused`, async () => {
      await assert.rejects(federate('bad', change), isRefusedWith('InvalidParameter'));
    });

  test('the same source twice is refused', async () => {
    await federate('one');
    await assert.rejects(federate('two'), isRefusedWith('Conflict'));
    await federate('one');
    await identities.federatedIdentityCredentials.delete('rg', 'workload', 'one');
  });
});

describe('the identity of a cluster', () => {
  const nodeGroup = (name: string): string => `${subscription}/resourceGroups/MC_rg_${name}_local`;
  const pools = [{ name: 'np', mode: 'System', count: 1 }];
  const networkProfile = { staticEgressGatewayProfile: { enabled: true } };

  async function rolesOf(principalId: string, scope: string): Promise<readonly unknown[]> {
    const path = `${scope}/providers/Microsoft.Authorization/roleAssignments?$filter=principalId%20eq%20'${principalId}'`;
    const { body } = await server.call('GET', path);
    return Array.isArray(body['value']) ? body['value'].map((one) => JSON.stringify(one)) : [];
  }

  test('an own one is Contributor in the node resource group, nothing elsewhere, and goes with the cluster', async () => {
    const cluster = await containers.managedClusters.createOrUpdate('rg', 'own', { location, agentPoolProfiles: pools });
    const { principalId = '' } = cluster.identity ?? {};
    const [assignment, ...others] = await rolesOf(principalId, subscription);
    assert.deepEqual(others, []);
    assert.match(String(assignment), new RegExp(roles.contributor));
    assert.ok(String(assignment).includes(`"scope":"${nodeGroup('own')}"`), String(assignment));
    await containers.managedClusters.delete('rg', 'own');
    assert.equal(server.region.world.principals.findObject(principalId), undefined);
    assert.deepEqual(await rolesOf(principalId, subscription), []);
  });

  test('a brought one is used by the operator, and stays when the cluster goes', async () => {
    const { id = '', clientId = '', principalId = '' } = await createIdentity('brought');
    const identity = { type: 'UserAssigned', userAssignedIdentities: { [id]: {} } } as const;
    const created = await containers.managedClusters.createOrUpdate('rg', 'brings', {
      location,
      identity,
      agentPoolProfiles: pools,
      networkProfile,
    });
    assert.equal(created.identity?.type, 'UserAssigned');
    assert.equal(created.identity.principalId, undefined);
    const { principalId: shown, clientId: shownClient } = created.identity.userAssignedIdentities?.[id] ?? {};
    assert.deepEqual([shown, shownClient], [principalId, clientId]);
    assert.equal(platform.features().get('brings')?.clientId, clientId);
    assert.equal((await rolesOf(principalId, nodeGroup('brings'))).length, 1);
    // What was read is taken back as it is.
    await containers.managedClusters.createOrUpdate('rg', 'brings', await containers.managedClusters.get('rg', 'brings'));
    await containers.managedClusters.delete('rg', 'brings');
    assert.equal(server.region.world.principals.find(clientId)?.objectId, principalId);
    assert.deepEqual(await rolesOf(principalId, subscription), []);
  });

  test('changing it moves rights and operator to the other one', async () => {
    const created = await containers.managedClusters.createOrUpdate('rg', 'moves', {
      location,
      agentPoolProfiles: pools,
      networkProfile,
    });
    const { id = '', clientId = '', principalId = '' } = await createIdentity('next');
    const identity = { type: 'UserAssigned', userAssignedIdentities: { [id]: {} } } as const;
    await containers.managedClusters.createOrUpdate('rg', 'moves', { ...created, identity });
    assert.equal(platform.features().get('moves')?.clientId, clientId);
    assert.equal((await rolesOf(principalId, nodeGroup('moves'))).length, 1);
    assert.deepEqual(await rolesOf(created.identity?.principalId ?? '', subscription), []);
    await containers.managedClusters.delete('rg', 'moves');
  });

  test('needs the right to assign it, and has to exist, alone', async () => {
    const { id = '' } = await createIdentity('guarded');
    const path = `${group}/providers/Microsoft.ContainerService/managedClusters/refused`;
    const body = (userAssignedIdentities: JsonObject, type = 'UserAssigned'): JsonObject => ({
      location,
      identity: { type, userAssignedIdentities },
      properties: { dnsPrefix: 'c', agentPoolProfiles: [{ name: 'np', mode: 'System', count: 1 }] },
    });
    const who = principalOf(server, `test-${randomUUID()}`);
    who.grant(roles.contributor, path);
    assert.match(
      JSON.stringify((await who.call('PUT', path, body({ [id]: {} }))).body),
      /LinkedAuthorizationFailed.*assign\/action/,
    );
    const wrong: readonly JsonObject[] = [
      body({ [`${id}-no`]: {} }),
      body({}),
      body({ [id]: {}, [`${id}2`]: {} }),
      body({}, 'None'),
      body({ [id]: {} }, 'SystemAssigned, UserAssigned'),
    ];
    for (const one of wrong) assert.equal((await server.call('PUT', path, one)).status, 400, JSON.stringify(one));
    assert.equal((await server.call('GET', path)).status, 404);
  });
});

describe('the directory, as az asks it to assign a role', () => {
  async function remove(path: string): Promise<number> {
    const { accessToken } = await server.region.tokens.issue(own(), `${server.endpoint}/graph`);
    const headers = { authorization: `Bearer ${accessToken}` };
    return (await server.region.app.request(`${server.endpoint}${path}`, { method: 'DELETE', headers })).status;
  }

  function own(): Principal {
    const { clientId, objectId } = server.region.credentials;
    return { clientId, objectId, displayName: '' };
  }

  async function ask(path: string, body?: unknown, audience = `${server.endpoint}/graph`): Promise<[number, JsonObject]> {
    const { accessToken } = await server.region.tokens.issue(own(), audience);
    const response = await server.region.app.request(`${server.endpoint}${path}`, {
      headers: { authorization: `Bearer ${accessToken}` },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer: JsonObject = text === '' ? {} : JSON.parse(text);
    return [response.status, answer];
  }
  const found = ([status, { value }]: [number, JsonObject]): readonly unknown[] => {
    assert.equal(status, 200);
    return Array.isArray(value) ? value : [];
  };
  const filtered = (filter: string): string => `/graph/v1.0/servicePrincipals?$filter=${encodeURIComponent(filter)}`;

  test('a service principal is found by the id of its application, by its own and by its name', async () => {
    const { clientId, objectId } = server.region.credentials;
    const filters = [
      `servicePrincipalNames/any(c:c eq '${clientId}')`,
      `appId eq '${clientId}'`,
      `id eq '${objectId}'`,
      "displayName eq 'segw'",
      "startswith(displayName,'SEG')",
    ];
    for (const filter of filters) {
      const [one, ...others] = found(await ask(filtered(filter)));
      assert.deepEqual(others, [], filter);
      assert.match(JSON.stringify(one), new RegExp(`"id":"${objectId}","appId":"${clientId}","displayName":"segw"`));
    }
    assert.deepEqual(found(await ask(filtered(`appId eq '${randomUUID()}'`))), []);
    assert.equal((await ask(filtered('tags/any(t:t eq 1)')))[0], 400);
    assert.equal((await ask(`/graph/v1.0/servicePrincipals/${objectId}`))[1]['appId'], clientId);
    assert.equal((await ask(`/v1.0/servicePrincipals/${randomUUID()}`, undefined, 'https://graph.microsoft.com'))[0], 404);
  });

  test('objects are found by their ids; those that are unknown are left out', async () => {
    const { objectId } = server.region.credentials;
    const answer = await ask('/graph/v1.0/directoryObjects/getByIds', { ids: [objectId, randomUUID()], types: ['user'] });
    const [one, ...others] = found(answer);
    assert.deepEqual(others, []);
    assert.match(JSON.stringify(one), /"@odata\.type":"#microsoft\.graph\.servicePrincipal"/);
  });

  test('the identity of a resource has the name of the resource, and says whose it is', async () => {
    const { id = '', principalId = '' } = await createIdentity('named');
    const [, shown] = await ask(`/graph/v1.0/servicePrincipals/${principalId}`);
    assert.deepEqual(
      [shown['displayName'], shown['servicePrincipalType'], shown['alternativeNames']],
      ['named', 'ManagedIdentity', ['isExplicit=True', idKey(id)]],
    );
  });

  test('an application with a secret is made, gets tokens, and goes', async () => {
    const [created, application] = await ask('/graph/v1.0/applications', { displayName: 'robot' });
    assert.equal(created, 201);
    const appId = text(application['appId']);
    const [, servicePrincipal] = await ask('/graph/v1.0/servicePrincipals', { appId, accountEnabled: true });
    assert.equal(servicePrincipal['displayName'], 'robot');
    const secretUrl = `/graph/v1.0/applications/${text(application['id'])}/addPassword`;
    const [, password] = await ask(secretUrl, { passwordCredential: { displayName: 'rbac' } });
    const [, old] = await ask(secretUrl, { passwordCredential: { endDateTime: '2020-01-01T00:00:00Z' } });
    const login = async (secret: unknown): Promise<unknown> => {
      const { tenantId } = server.region.credentials;
      const response = await server.region.app.request(`${server.endpoint}/${tenantId}/oauth2/v2.0/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: appId,
          client_secret: String(secret),
          scope: 'https://management.azure.com/.default',
        }),
      });
      return response.status;
    };
    assert.deepEqual([await login(password['secretText']), await login(old['secretText']), await login('')], [200, 401, 401]);
    const [, shown] = await ask(`/graph/v1.0/applications?$filter=appId%20eq%20'${appId}'`);
    assert.match(JSON.stringify(shown), /"secretText":null/);
    const [status] = await ask(`/graph/v1.0/applications/${appId}/removePassword`, { keyId: password['keyId'] });
    assert.deepEqual([status, await login(password['secretText'])], [204, 401]);
    assert.equal((await ask('/graph/v1.0/applications', { displayName: 'robot' }))[0], 400);
    const { principals } = server.region.world;
    assert.ok(principals.find(appId));
    assert.equal(await remove(`/graph/v1.0/servicePrincipals/${text(servicePrincipal['id'])}`), 204);
    assert.equal(principals.find(appId), undefined);
  });

  test('applications are made by those who may assign roles; what the region needs stays', async () => {
    const who = principalOf(server, `test-${randomUUID()}`);
    who.grant(roles.contributor, subscription);
    const body = JSON.stringify({ displayName: 'other' });
    const authorization = `Bearer ${(await server.region.tokens.issue(who, `${server.endpoint}/graph`)).accessToken}`;
    const url = `${server.endpoint}/graph/v1.0/applications`;
    assert.equal((await server.region.app.request(url, { method: 'POST', body, headers: { authorization } })).status, 403);
    assert.equal((await server.region.app.request(url, { headers: { authorization } })).status, 200);
    assert.equal(await remove(`/graph/v1.0/servicePrincipals/${server.region.credentials.objectId}`), 403);
    const { principalId = '' } = await createIdentity('kept');
    assert.equal(await remove(`/graph/v1.0/servicePrincipals/${principalId}`), 403);
  });

  test('it takes tokens for the directory only, and has no users', async () => {
    assert.equal((await ask(filtered("displayName eq 'segw'"), undefined, 'https://management.azure.com'))[0], 401);
    assert.deepEqual(found(await ask('/graph/v1.0/users?$filter=x')), []);
    assert.equal((await ask('/graph/v1.0/me'))[0], 404);
  });
});
