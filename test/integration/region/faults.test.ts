import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { JsonObject, JsonValue } from '../../../src/region/arm/resource.ts';
import { type Answer, type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'local';
const prefixBody = { location, properties: { prefixLength: 31 } };

let server: RegionServer;
let subscription: string;
let group: string;
let prefixes: string;
let subnet: string;
let sets: string;

before(async () => {
  server = await startRegionServer();
  subscription = `/subscriptions/${server.subscriptionId}`;
  group = `${subscription}/resourceGroups/rg`;
  prefixes = `${group}/providers/Microsoft.Network/publicIPPrefixes`;
  sets = `${group}/providers/Microsoft.Compute/virtualMachineScaleSets`;
  await server.call('PUT', group, { location });
  const network = `${group}/providers/Microsoft.Network/virtualNetworks/net`;
  subnet = `${network}/subnets/s`;
  const subnets = [{ name: 's', properties: { addressPrefix: '10.0.0.0/24' } }];
  await finished(
    await server.call('PUT', network, { location, properties: { addressSpace: { addressPrefixes: ['10.0.0.0/8'] }, subnets } }),
  );
});
afterEach(async () => {
  await server.call('DELETE', '/local/faults');
});
after(async () => {
  await server.close();
});

async function addFault(spec: object): Promise<JsonObject> {
  const { status, body } = await server.call('POST', '/local/faults', spec);
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

async function listFaults(): Promise<readonly JsonValue[]> {
  const { value } = (await server.call('GET', '/local/faults')).body;
  assert.ok(Array.isArray(value));
  return value;
}

async function finished({ headers }: Answer): Promise<JsonObject> {
  const url = new URL(headers.get('azure-asyncoperation') ?? '');
  for (;;) {
    const { body } = await server.call('GET', url.pathname);
    if (body['status'] !== 'InProgress') return body;
    await new Promise(setImmediate);
  }
}

function codeOf({ headers }: Answer): string | null {
  return headers.get('x-ms-error-code');
}

async function putScaleSet(name: string, prefixId?: string): Promise<Answer> {
  const publicIPPrefix = { id: prefixId };
  const publicIPAddressConfiguration = { name: 'pub', properties: { publicIPPrefix } };
  const ipConfigurations = [
    { name: 'ip', properties: { subnet: { id: subnet }, ...(prefixId === undefined ? {} : { publicIPAddressConfiguration }) } },
  ];
  const networkInterfaceConfigurations = [{ name: 'nic', properties: { primary: true, ipConfigurations } }];
  return server.call('PUT', `${sets}/${name}`, {
    location,
    sku: { name: 'Standard_D2s_v5', capacity: 2 },
    properties: { virtualMachineProfile: { networkProfile: { networkInterfaceConfigurations } } },
  });
}

/** Over TLS with a token, as a client does; rejects when the connection ends without an answer. */
async function overTheWire(method: string, path: string, body: object): Promise<number | undefined> {
  const authorization = `Bearer ${await server.token()}`;
  return new Promise((resolve, reject) => {
    const sent = request(
      `${server.endpoint}${path}?api-version=2024-01-01`,
      { method, ca: server.clientOptions.tlsOptions.ca, headers: { authorization }, agent: false },
      (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode));
      },
    );
    sent.once('error', reject).end(JSON.stringify(body));
  });
}

describe('requests', () => {
  test('a throttled one is 429 with Retry-After and does nothing; the next one passes', async () => {
    await addFault({ kind: 'throttle', type: 'publicIPPrefixes', verb: 'write', retryAfterSeconds: 17 });
    const refused = await server.call('PUT', `${prefixes}/throttled`, prefixBody);
    assert.deepEqual([refused.status, codeOf(refused), refused.headers.get('retry-after')], [429, 'TooManyRequests', '17']);
    assert.equal((await server.call('GET', `${prefixes}/throttled`)).status, 404);
    assert.equal((await server.call('PUT', `${prefixes}/throttled`, prefixBody)).status, 201);
    assert.deepEqual(await listFaults(), []);
  });

  test('a failed one has the chosen status and code, for as long as the fault is there', async () => {
    const { id } = await addFault({ kind: 'fail', status: 503, code: 'ServerBusy', type: 'Microsoft.Network/*', count: 'all' });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await server.call('GET', prefixes);
      assert.deepEqual([answer.status, codeOf(answer), answer.headers.get('retry-after')], [503, 'ServerBusy', '0']);
    }
    assert.equal((await server.call('GET', group)).status, 200);
    assert.deepEqual(
      (await listFaults()).map((one) => typeof one === 'object' && one !== null && 'hits' in one && one['hits']),
      [3],
    );
    await server.call('DELETE', `/local/faults/${String(Number(id))}`);
    assert.equal((await server.call('GET', prefixes)).status, 200);
  });

  test('a delayed one is answered', async () => {
    await addFault({ kind: 'delay', durationMs: 20 });
    assert.equal((await server.call('GET', prefixes)).status, 200);
  });

  test('a lost answer: the work is done, and the client reads the end of its connection', async () => {
    await addFault({ kind: 'lose-answer', type: 'publicIPPrefixes', verb: 'write' });
    await assert.rejects(overTheWire('PUT', `${prefixes}/lost`, prefixBody), { code: 'ECONNRESET' });
    assert.equal((await server.call('GET', `${prefixes}/lost`)).status, 200);
    assert.equal(await overTheWire('PUT', `${prefixes}/lost`, prefixBody), 200);
  });

  test('a fault outlives the region', async () => {
    await addFault({ kind: 'fail', count: 2 });
    assert.equal((await server.call('GET', prefixes)).status, 500);
    await server.restart();
    assert.equal((await server.call('GET', prefixes)).status, 500);
    assert.equal((await server.call('GET', prefixes)).status, 200);
  });
});

describe('operations', () => {
  test('a failed one reports the code, leaves its resource Failed, and the next PUT repairs it', async () => {
    await addFault({ kind: 'fail-operation', type: 'virtualMachineScaleSets', verb: 'write', code: 'AllocationFailed' });
    const { status, error } = await finished(await putScaleSet('failing'));
    assert.deepEqual(
      [status, error],
      ['Failed', { code: 'AllocationFailed', message: 'The operation failed because `segw fault` asked for it.' }],
    );
    const { properties } = (await server.call('GET', `${sets}/failing`)).body;
    assert.ok(typeof properties === 'object' && properties !== null && 'provisioningState' in properties);
    assert.equal(properties['provisioningState'], 'Failed');
    assert.equal((await finished(await putScaleSet('failing')))['status'], 'Succeeded');
  });

  test('what fails inside of another operation fails that one', async () => {
    await addFault({
      kind: 'fail-operation',
      type: 'virtualMachineScaleSets/virtualMachines',
      code: 'OverconstrainedAllocationRequest',
    });
    const { error } = await finished(await putScaleSet('nested'));
    assert.equal(
      typeof error === 'object' && error !== null && 'code' in error && error['code'],
      'OverconstrainedAllocationRequest',
    );
  });
});

describe('an exhausted prefix', () => {
  test('gives out no address until the fault is cleared', async () => {
    await server.call('PUT', `${prefixes}/full`, prefixBody);
    await addFault({ kind: 'exhaust', prefix: 'full' });
    const address = { location, properties: { publicIPPrefix: { id: `${prefixes}/full` } } };
    const addresses = `${group}/providers/Microsoft.Network/publicIPAddresses`;
    const refused = await server.call('PUT', `${addresses}/a`, address);
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'PublicIpPrefixOutOfIpAddresses']);
    const { error } = await finished(await putScaleSet('hungry', `${prefixes}/full`));
    assert.match(JSON.stringify(error), /PublicIpPrefixOutOfIpAddressesForVMScaleSet/);
    await server.restart();
    assert.equal((await server.call('PUT', `${addresses}/a`, address)).status, 400);
    await server.call('DELETE', '/local/faults');
    assert.equal((await finished(await putScaleSet('hungry', `${prefixes}/full`)))['status'], 'Succeeded');
  });
});

describe('the fabric', () => {
  before(async () => {
    assert.equal((await finished(await putScaleSet('web')))['status'], 'Succeeded');
  });
  const losses = () => server.platform.networkState().virtualNetworks.flatMap((network) => network.losses ?? []);

  test('a partition is carried to the fabric, also after a restart, and taken back', async () => {
    await addFault({ kind: 'partition', from: 'web000000', to: 'web000001' });
    const partition = [{ from: { machine: 'web000000' }, to: { machine: 'web000001' }, percent: 100 }];
    assert.deepEqual(losses(), partition);
    await server.restart();
    assert.deepEqual(losses(), partition);
    await server.call('DELETE', '/local/faults');
    assert.deepEqual(losses(), []);
  });

  test('a loss may be everywhere', async () => {
    await addFault({ kind: 'loss', percent: 1 });
    assert.deepEqual(losses(), [{ from: 'any', to: 'any', percent: 1 }]);
  });

  test('an instance loses power without a goodbye, and gets it back', async () => {
    await addFault({ kind: 'power-off', instance: 'web000001' });
    assert.equal(server.platform.machine('web000001')?.power, 'stopped');
    assert.equal(server.platform.events().at(-1), 'cut web000001');
    await server.call('DELETE', '/local/faults');
    assert.equal(server.platform.machine('web000001')?.power, 'running');
  });
});

describe('the metadata service', () => {
  const events = () => server.region.scheduledEvents.list();

  test('announces a maintenance until the fault is cleared', async () => {
    const { eventId } = await addFault({ kind: 'maintenance', instance: 'web000000', event: 'Redeploy', noticeSeconds: 60 });
    assert.deepEqual(
      events().map(({ id, type, status }) => ({ id, type, status })),
      [{ id: eventId, type: 'Redeploy', status: 'Scheduled' }],
    );
    await server.call('DELETE', '/local/faults');
    assert.deepEqual(events(), []);
  });
});

describe('a fault is refused', () => {
  const cases: readonly [name: string, spec: unknown, status: number, says: RegExp][] = [
    ['of an unknown kind', { kind: 'explode' }, 400, /kind/],
    ['with a member that it does not have', { kind: 'throttle', percent: 3 }, 400, /percent/],
    ['with a status that is no error', { kind: 'fail', status: 200 }, 400, /status/],
    ['for an instance that does not exist', { kind: 'power-off', instance: 'nobody' }, 404, /no instance 'nobody'; there are: /],
    ['between places that do not exist', { kind: 'partition', from: 'nobody', to: 'internet' }, 404, /'nobody'/],
    ['where no router is between', { kind: 'partition', from: 'onprem', to: 'internet' }, 400, /No packet passes/],
    ['for a prefix that does not exist', { kind: 'exhaust', prefix: 'none' }, 404, /no public IP prefix 'none'/],
    ['that is no JSON', '{', 400, /not JSON/],
  ];
  for (const [name, spec, status, says] of cases)
    test(name, async () => {
      const answer = await server.call('POST', '/local/faults', spec);
      assert.equal(answer.status, status);
      assert.match(JSON.stringify(answer.body), says);
      assert.deepEqual(await listFaults(), []);
    });

  test('without a token', async () => {
    const answer = await server.region.app.request(`${server.endpoint}/local/faults?api-version=2024-01-01`);
    assert.equal(answer.status, 401);
  });
});

describe('the request log', () => {
  async function recordOf(requestId: string | null): Promise<JsonObject> {
    const lines = (await readFile(join(server.stateDir, 'region/requests.jsonl'), 'utf8')).trimEnd().split('\n');
    const found = lines.map((line): JsonObject => JSON.parse(line)).find((one) => one['requestId'] === requestId);
    assert.ok(found);
    return found;
  }

  test('has every request by the id of its answer, with who asked', async () => {
    const { headers } = await server.call('GET', `${prefixes}/nothing?$filter=secret`, undefined, {
      'x-ms-correlation-request-id': 'story',
      'x-ms-client-request-id': 'mine',
    });
    const { time, durationMs, ...record } = await recordOf(headers.get('x-ms-request-id'));
    const caller = { objectId: server.region.credentials.objectId, name: 'segw' };
    assert.deepEqual(record, {
      method: 'GET',
      path: `${prefixes}/nothing`,
      status: 404,
      caller,
      requestId: headers.get('x-ms-request-id'),
      correlationId: 'story',
      clientRequestId: 'mine',
      errorCode: 'ResourceNotFound',
    });
    assert.ok(typeof durationMs === 'number' && typeof time === 'string');
    assert.equal(headers.get('x-ms-correlation-request-id'), 'story');
  });

  test('names the faults that a request met', async () => {
    await addFault({ kind: 'throttle' });
    const { headers } = await server.call('GET', prefixes);
    assert.deepEqual((await recordOf(headers.get('x-ms-request-id')))['faults'], ['throttle']);
  });

  test('holds no secret: neither of a sign-in nor of a query, a header or a body', async () => {
    const { clientId, clientSecret, tenantId } = server.region.credentials;
    const answer = await server.region.app.request(`${server.endpoint}/${tenantId}/oauth2/v2.0/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret.reveal(),
        scope: `${server.endpoint}/.default`,
      }),
    });
    const { access_token: token }: { access_token: string } = JSON.parse(await answer.text());
    await server.call('GET', `${prefixes}?sig=hidden`, undefined, { authorization: `Bearer ${token}` });
    await server.call('PUT', `${prefixes}/hidden`, { location, properties: { prefixLength: 31 }, tags: { password: 'hunter2' } });
    const text = await readFile(join(server.stateDir, 'region/requests.jsonl'), 'utf8');
    assert.match(text, /oauth2\/v2\.0\/token/);
    for (const secret of [clientSecret.reveal(), token, 'sig=', 'hunter2']) assert.ok(!text.includes(secret), secret);
  });
});
