import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assert as check, asyncProperty, constantFrom, dictionary, jsonValue, oneof, option, string } from 'fast-check';
import type { JsonObject, JsonValue } from '../../../src/region/arm/resource.ts';
import { type Answer, type RegionServer, startRegionServer } from '../../support/region-server.ts';

const network = 'providers/Microsoft.Network';
const compute = 'providers/Microsoft.Compute';
const location = 'local';

let server: RegionServer;
let now = new Date();
let subscription: string;
let group: string;

before(async () => {
  server = await startRegionServer({ settings: { pageSize: 2, retryAfterSeconds: 7, maxBodyBytes: 100_000 }, clock: () => now });
  subscription = `/subscriptions/${server.subscriptionId}`;
  group = `${subscription}/resourceGroups/rg`;
  await server.call('PUT', group, { location });
});
after(async () => {
  await server.close();
});

function errorOf({ body }: Answer): JsonObject {
  const { error } = body;
  assert.ok(isObject(error), JSON.stringify(body));
  return error;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: JsonValue | undefined): string {
  assert.ok(typeof value === 'string');
  return value;
}

async function settled(url: string): Promise<JsonObject> {
  for (;;) {
    const { body } = await server.call('GET', new URL(url).pathname);
    if (body['status'] !== 'InProgress') return body;
    await new Promise(setImmediate);
  }
}

describe('errors', () => {
  const cases: readonly [name: string, method: string, path: () => string, status: number, code: string, body?: unknown][] = [
    ['an unknown subscription', 'GET', () => '/subscriptions/0/resourceGroups', 404, 'SubscriptionNotFound'],
    ['an unknown group', 'GET', () => `${subscription}/resourceGroups/no`, 404, 'ResourceGroupNotFound'],
    [
      'a list in an unknown group',
      'GET',
      () => `${subscription}/resourceGroups/no/${network}/publicIPPrefixes`,
      404,
      'ResourceGroupNotFound',
    ],
    [
      'a PUT into an unknown group',
      'PUT',
      () => `${subscription}/resourceGroups/no/${network}/publicIPPrefixes/p`,
      404,
      'ResourceGroupNotFound',
      { location },
    ],
    ['an unknown resource', 'GET', () => `${group}/${network}/publicIPPrefixes/p`, 404, 'ResourceNotFound'],
    ['an unknown parent', 'PUT', () => `${group}/${network}/virtualNetworks/v/subnets/s`, 404, 'ParentResourceNotFound', {}],
    ['a list below an unknown parent', 'GET', () => `${group}/${network}/virtualNetworks/v/subnets`, 404, 'ResourceNotFound'],
    ['an unknown namespace', 'GET', () => `${group}/providers/Microsoft.Nothing/things/t`, 404, 'InvalidResourceNamespace'],
    ['an unknown type', 'GET', () => `${group}/${network}/things/t`, 404, 'InvalidResourceType'],
    ['an unknown action', 'POST', () => `${group}/${network}/publicIPPrefixes/p/explode`, 404, 'ResourceNotFound'],
    [
      'a body that is no JSON',
      'PUT',
      () => `${group}/${network}/publicIPPrefixes/p`,
      400,
      'InvalidRequestContent',
      '{"location":',
    ],
    ['an empty body', 'PUT', () => `${group}/${network}/publicIPPrefixes/p`, 400, 'InvalidRequestContent', ''],
    [
      'a body that is too large',
      'PUT',
      () => `${group}/${network}/publicIPPrefixes/p`,
      413,
      'RequestContentTooLarge',
      'x'.repeat(200_000),
    ],
    [
      'a name that is not allowed',
      'PUT',
      () => `${group}/${network}/publicIPPrefixes/p%20q`,
      400,
      'InvalidResourceName',
      { location },
    ],
    [
      'no location',
      'PUT',
      () => `${group}/${network}/publicIPPrefixes/p`,
      400,
      'LocationRequired',
      { properties: { prefixLength: 31 } },
    ],
    ['another location', 'PUT', () => group, 409, 'InvalidResourceGroupLocation', { location: 'elsewhere' }],
    ['a PATCH of nothing', 'PATCH', () => `${group}/${network}/publicIPPrefixes/p`, 404, 'ResourceNotFound', { tags: {} }],
    ['a method that does not fit', 'POST', () => group, 405, 'MethodNotAllowed'],
    ['an unknown operation', 'GET', () => `${subscription}/${network}/locations/local/operations/1`, 404, 'NotFound'],
    [
      'an instance that nobody wants',
      'GET',
      () => `${group}/${compute}/virtualMachineScaleSets/v/virtualMachines/0`,
      404,
      'ResourceNotFound',
    ],
  ];
  for (const [name, method, path, status, code, body] of cases)
    test(`${name} is ${String(status)} ${code}`, async () => {
      const answer = await server.call(method, path(), body);
      assert.deepEqual([answer.status, errorOf(answer)['code']], [status, code]);
      assert.equal(answer.headers.get('x-ms-error-code'), code);
    });

  test('every problem of a body is listed with its place', async () => {
    const answer = await server.call('PUT', `${group}/${network}/publicIPPrefixes/p`, {
      location: 7,
      properties: { prefixLength: 'x' },
    });
    const { details, target } = errorOf(answer);
    assert.equal(target, 'location');
    assert.deepEqual(Array.isArray(details) ? details.map((one) => isObject(one) && one['target']) : [], [
      'location',
      'properties.prefixLength',
    ]);
  });

  test('deleting what is not there is 204', async () => {
    assert.equal((await server.call('DELETE', `${group}/${network}/publicIPPrefixes/p`)).status, 204);
  });
});

describe('requests', () => {
  test('api-version is required, and any date will do', async () => {
    const ask = async (query: string): Promise<Response> =>
      server.region.app.request(`${server.endpoint}${subscription}/resourceGroups${query}`, {
        headers: { authorization: `Bearer ${await server.token()}` },
      });
    assert.equal((await ask('')).headers.get('x-ms-error-code'), 'MissingApiVersionParameter');
    assert.equal((await ask('?api-version=latest')).headers.get('x-ms-error-code'), 'InvalidApiVersionParameter');
    assert.equal((await ask('?api-version=2031-01-01-preview')).status, 200);
  });

  test('ids are compared in any case and keep the case in which they came', async () => {
    await server.call('PUT', `${group}/${network}/publicIPPrefixes/MyPrefix`, { location, properties: { prefixLength: 31 } });
    const answer = await server.call(
      'GET',
      `${subscription}/resourcegroups/RG/providers/microsoft.network/publicipprefixes/myprefix/`,
    );
    assert.equal(answer.status, 200);
    assert.equal(answer.body['id'], `${group}/providers/Microsoft.Network/publicIPPrefixes/MyPrefix`);
    assert.equal(answer.body['name'], 'MyPrefix');
  });

  test('lists come in pages', async () => {
    for (const name of ['a', 'b', 'c']) await server.call('PUT', `${subscription}/resourceGroups/page-${name}`, { location });
    const names: JsonValue[] = [];
    let next: JsonValue | undefined = `${server.endpoint}${subscription}/resourceGroups`;
    let pages = 0;
    while (typeof next === 'string') {
      const url = new URL(next);
      const { body } = await server.call('GET', url.pathname + url.search);
      const { value, nextLink } = body;
      if (Array.isArray(value)) names.push(...value.flatMap((one: JsonValue) => (isObject(one) ? [one['name'] ?? ''] : [])));
      next = nextLink;
      pages += 1;
    }
    assert.deepEqual([names, pages], [['page-a', 'page-b', 'page-c', 'rg'], 2]);
  });

  test('an etag changes with the resource only, and guards writes', async () => {
    const path = `${group}/${network}/publicIPPrefixes/tagged`;
    const body = { location, properties: { prefixLength: 30 } };
    const { etag } = (await server.call('PUT', path, body)).body;
    assert.equal((await server.call('PUT', path, body)).body['etag'], etag);
    const stale = 'W/"00000000-0000-0000-0000-000000000000"';
    assert.equal((await server.call('PUT', path, body, { 'if-match': stale })).status, 412);
    assert.equal((await server.call('DELETE', path, undefined, { 'if-match': stale })).status, 412);
    assert.equal((await server.call('PUT', path, body, { 'if-none-match': '*' })).status, 412);
    const tagged = await server.call('PATCH', path, { tags: { a: 'b' } }, { 'if-match': `"${text(etag)}"` });
    assert.deepEqual([tagged.status, tagged.body['tags']], [200, { a: 'b' }]);
    assert.notEqual(tagged.body['etag'], etag);
    assert.deepEqual((await server.call('PUT', path, body)).body['tags'], {});
  });

  test('a long-running operation tells where to look, how often, and how it ended', async () => {
    const path = `${group}/${network}/virtualNetworks/net`;
    const answer = await server.call('PUT', path, {
      location,
      properties: { addressSpace: { addressPrefixes: ['10.0.0.0/8'] } },
    });
    assert.equal(answer.status, 201);
    assert.equal(isObject(answer.body['properties']) && answer.body['properties']['provisioningState'], 'Creating');
    assert.equal(answer.headers.get('retry-after'), '7');
    assert.equal(answer.headers.get('location'), null);
    const url = answer.headers.get('azure-asyncoperation') ?? '';
    assert.ok(url.startsWith(`${server.endpoint}${subscription}/providers/Microsoft.Network/locations/local/operations/`), url);
    assert.equal((await settled(url))['status'], 'Succeeded');
    const gone = await server.call('DELETE', path);
    assert.equal(gone.status, 202);
    await settled(gone.headers.get('azure-asyncoperation') ?? '');
    assert.equal((await server.call('GET', new URL(gone.headers.get('location') ?? '').pathname)).status, 204);
  });
});

describe('tokens', () => {
  const post = async (form: Record<string, string>, tenant = server.region.credentials.tenantId): Promise<Answer> => {
    const response = await server.region.app.request(`${server.endpoint}/${tenant}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: `${server.endpoint}/.default`, ...form }),
    });
    const body: JsonObject = JSON.parse(await response.text());
    return { status: response.status, headers: response.headers, body };
  };
  const ask = async (authorization: string | undefined): Promise<string | null> => {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await server.region.app.request(`${server.endpoint}/subscriptions?api-version=2022-12-01`, { headers });
    return response.status === 200 ? 'ok' : response.headers.get('x-ms-error-code');
  };
  const credentials = (): { client_id: string; client_secret: string } => ({
    client_id: server.region.credentials.clientId,
    client_secret: server.region.credentials.clientSecret.reveal(),
  });

  test('the secret gives a token for the endpoint, and nothing else does', async () => {
    const good = await post(credentials());
    assert.equal(await ask(`Bearer ${text(good.body['access_token'])}`), 'ok');
    const wrong = await post({ ...credentials(), client_secret: 'guess' });
    assert.deepEqual([wrong.status, wrong.body['error'], wrong.body['error_codes']], [401, 'invalid_client', [7_000_215]]);
    assert.equal((await post({ ...credentials(), client_id: 'nobody' })).body['error'], 'unauthorized_client');
    assert.equal((await post(credentials(), 'another-tenant')).body['error'], 'invalid_request');
    assert.equal((await post({ ...credentials(), grant_type: 'password' })).body['error'], 'unsupported_grant_type');
  });

  test('signature, audience and age of a token are checked', async () => {
    assert.equal(await ask(undefined), 'AuthenticationFailed');
    assert.equal(await ask('Bearer a.b.c'), 'InvalidAuthenticationToken');
    const other = await post({ ...credentials(), scope: 'https://graph.example/.default' });
    assert.equal(await ask(`Bearer ${text(other.body['access_token'])}`), 'InvalidAuthenticationTokenAudience');
    const good = text((await post(credentials())).body['access_token']);
    const [head, , signature] = good.split('.');
    const forged = Buffer.from(JSON.stringify({ aud: server.endpoint, exp: 9_999_999_999 })).toString('base64url');
    assert.equal(await ask(`Bearer ${head ?? ''}.${forged}.${signature ?? ''}`), 'InvalidAuthenticationToken');
    now = new Date(now.getTime() + 3_601_000);
    assert.equal(await ask(`Bearer ${good}`), 'ExpiredAuthenticationToken');
  });

  test('discovery and cloud metadata lead back to the host that was asked', async () => {
    const at = async (path: string): Promise<JsonValue> =>
      JSON.parse(await (await server.region.app.request(`https://arm.example:8443${path}`)).text());
    const discovery = await at(`/${server.region.credentials.tenantId}/v2.0/.well-known/openid-configuration`);
    assert.ok(isObject(discovery));
    assert.match(text(discovery['issuer']), /^https:\/\/arm\.example:8443\//);
    const metadata = await at('/metadata/endpoints?api-version=2022-09-01');
    assert.ok(isObject(metadata) && metadata['resourceManager'] === 'https://arm.example:8443');
    assert.ok(Array.isArray(await at('/metadata/endpoints?api-version=2019-05-01')));
  });
});

test('no body and no path makes the plane fail', async () => {
  const known = [
    'location',
    'tags',
    'sku',
    'properties',
    'name',
    'capacity',
    'prefixLength',
    'addressSpace',
    'addressPrefixes',
    'subnets',
    'virtualMachineProfile',
    'networkProfile',
    'networkInterfaceConfigurations',
    'ipConfigurations',
    'publicIPPrefix',
    'id',
    'instanceIds',
    'agentPoolProfiles',
    'count',
    'mode',
    'networkProfileConfiguration',
  ];
  const paths = [
    group,
    `${group}/${network}/virtualNetworks/f`,
    `${group}/${network}/virtualNetworks/f/subnets/s`,
    `${group}/${network}/publicIPPrefixes/f`,
    `${group}/${network}/publicIPAddresses/f`,
    `${group}/${compute}/virtualMachineScaleSets/f`,
    `${group}/${compute}/virtualMachineScaleSets/f/virtualMachines/0`,
    `${group}/${compute}/virtualMachineScaleSets/f/powerOff`,
    `${group}/providers/Microsoft.ContainerService/managedClusters/f`,
    `${group}/providers/Microsoft.ContainerService/managedClusters/f/agentPools/p`,
  ];
  const value = oneof(
    jsonValue(),
    dictionary(constantFrom(...known), jsonValue()),
    constantFrom(location, 31, [], {}, null, '10.0.0.0/8', '../..', '\u0000'),
  );
  const body = oneof(dictionary(constantFrom(...known), oneof(value, dictionary(constantFrom(...known), value))), value);
  await check(
    asyncProperty(
      constantFrom('PUT', 'PATCH', 'POST', 'GET'),
      constantFrom(...paths),
      option(string({ maxLength: 8 })),
      body,
      async (method, path, tail, content) => {
        const suffix = tail === null ? '' : `/${encodeURIComponent(tail)}`;
        const answer = await server.call(method, path + suffix, method === 'GET' ? undefined : content);
        assert.ok(answer.status < 500, `${method} ${path}${suffix} ${JSON.stringify(content)}: ${JSON.stringify(answer.body)}`);
      },
    ),
    { numRuns: 1000 },
  );
});
