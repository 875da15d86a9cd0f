import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { NetworkManagementClient } from '@azure/arm-network';
import { type Answer, type RegionServer, startRegionServer } from '../../support/region-server.ts';

const location = 'westeurope';

describe('what all network types have in common', () => {
  let server: RegionServer;
  let client: NetworkManagementClient;
  let group: string;
  let network: string;
  /** Path of an example below the network service, and its body. */
  let examples: Readonly<Record<string, object>>;

  before(async () => {
    server = await startRegionServer({ settings: { pageSize: 2 } });
    client = new NetworkManagementClient(server.credential, server.subscriptionId, server.clientOptions);
    group = `/subscriptions/${server.subscriptionId}/resourceGroups/rg`;
    network = `${group}/providers/Microsoft.Network`;
    await server.call('PUT', group, { location });
    const subnets = [{ name: 'nodes', properties: { addressPrefix: '10.1.0.0/24' } }];
    await put('virtualNetworks/base', { location, properties: { addressSpace: { addressPrefixes: ['10.1.0.0/16'] }, subnets } });
    const subnet = { id: `${network}/virtualNetworks/base/subnets/nodes` };
    examples = {
      virtualNetworks: { location, properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } } },
      publicIPPrefixes: { location, sku: { name: 'Standard' }, properties: { prefixLength: 31 } },
      publicIPAddresses: { location, sku: { name: 'Standard' }, properties: { publicIPAllocationMethod: 'Static' } },
      loadBalancers: {
        location,
        sku: { name: 'Standard' },
        properties: { frontendIPConfigurations: [{ name: 'f', properties: { subnet } }], backendAddressPools: [{ name: 'p' }] },
      },
      networkInterfaces: { location, properties: { ipConfigurations: [{ name: 'c', properties: { subnet } }] } },
    };
  });
  after(async () => {
    await server.close();
  });

  async function put(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return server.call('PUT', `${network}/${path}`, body, headers);
  }

  /** The resource when no operation of it is under way. */
  async function settled(path: string): Promise<Answer> {
    for (;;) {
      const answer = await server.call('GET', `${network}/${path}`);
      if (!/"provisioningState":"(Creating|Updating|Deleting)"/.test(JSON.stringify(answer.body))) return answer;
    }
  }

  function textOf(value: unknown): string {
    assert.ok(typeof value === 'string');
    return value;
  }

  function codeOf({ body }: Answer): unknown {
    const { error } = body;
    return typeof error === 'object' && error !== null && 'code' in error ? error['code'] : undefined;
  }

  test('each is created, and read in any case with the name that it was given', async () => {
    for (const [type, body] of Object.entries(examples)) {
      assert.equal((await put(`${type}/Example`, body)).status, 201, type);
      const { body: read } = await settled(`${type.toUpperCase()}/example`);
      assert.deepEqual([read['name'], read['type'], read['location']], ['Example', `Microsoft.Network/${type}`, location]);
      assert.match(textOf(read['etag']), /^W\/"[0-9a-f-]{36}"$/, type);
      assert.equal(read['id'], `${network}/${type}/Example`);
    }
  });

  test('what is read back may be written, and is then the same', async () => {
    for (const type of Object.keys(examples)) {
      const { body: before } = await settled(`${type}/Example`);
      assert.equal((await put(`${type}/Example`, before)).status, 200, type);
      assert.deepEqual((await settled(`${type}/Example`)).body, before);
    }
  });

  test('PATCH replaces the tags, nothing else, and changes the etag', async () => {
    for (const type of Object.keys(examples)) {
      const { body: before } = await settled(`${type}/Example`);
      const patched = await server.call('PATCH', `${network}/${type}/example`, { tags: { Team: 'net', empty: '' } });
      assert.equal(patched.status, 200, type);
      const { body: after } = await settled(`${type}/Example`);
      assert.deepEqual(after['tags'], { Team: 'net', empty: '' });
      assert.notEqual(after['etag'], before['etag']);
      const withoutEtags = (body: unknown): string => JSON.stringify(body).replaceAll(/W\/\\"[0-9a-f-]+\\"/g, '');
      assert.equal(withoutEtags({ ...after, tags: {} }), withoutEtags({ ...before, tags: {} }));
      assert.equal((await server.call('PATCH', `${network}/${type}/none`, { tags: {} })).status, 404);
      assert.equal((await server.call('PATCH', `${network}/${type}/example`, { tags: { key: 7 } })).status, 400);
    }
  });

  test('preconditions are kept by PUT and DELETE', async () => {
    for (const [type, body] of Object.entries(examples)) {
      const { body: before } = await settled(`${type}/Example`);
      const stale = { 'If-Match': 'W/"00000000-0000-0000-0000-000000000000"' };
      for (const answer of [
        await put(`${type}/Example`, body, stale),
        await put(`${type}/Example`, body, { 'If-None-Match': '*' }),
        await put(`${type}/another`, body, { 'If-Match': '*' }),
        await server.call('DELETE', `${network}/${type}/Example`, undefined, stale),
      ])
        assert.deepEqual([answer.status, codeOf(answer)], [412, 'PreconditionFailed'], type);
      assert.deepEqual((await settled(`${type}/Example`)).body, before);
      assert.equal((await server.call('GET', `${network}/${type}/another`)).status, 404);
      // As az sends it: with quotes around all of it.
      assert.equal((await put(`${type}/Example`, before, { 'If-Match': `"${textOf(before['etag'])}"` })).status, 200, type);
    }
  });

  test('lists come in pages, by group and by subscription', async () => {
    for (const [type, body] of Object.entries(examples)) {
      for (const name of ['l1', 'l2', 'l3', 'l4']) await put(`${type}/${name}`, body);
      const { body: page } = await server.call('GET', `${network}/${type}`);
      assert.ok(Array.isArray(page['value']));
      assert.equal(page['value'].length, 2, type);
      assert.match(textOf(page['nextLink']), /^https:.*skiptoken=/);
    }
    const names = ['Example', 'l1', 'l2', 'l3', 'l4'];
    const lists = {
      virtualNetworks: [client.virtualNetworks.list('rg'), client.virtualNetworks.listAll()],
      publicIPPrefixes: [client.publicIPPrefixes.list('rg'), client.publicIPPrefixes.listAll()],
      publicIPAddresses: [client.publicIPAddresses.list('rg'), client.publicIPAddresses.listAll()],
      loadBalancers: [client.loadBalancers.list('rg'), client.loadBalancers.listAll()],
      networkInterfaces: [client.networkInterfaces.list('rg'), client.networkInterfaces.listAll()],
    };
    for (const [type, all] of Object.entries(lists))
      for (const list of all) {
        const found: (string | undefined)[] = [];
        for await (const { name } of list) found.push(name);
        assert.deepEqual(
          found.filter((name) => name !== 'base'),
          names,
          type,
        );
      }
  });

  test('without a group, a location or a body there is nothing', async () => {
    for (const [type, body] of Object.entries(examples)) {
      const nowhere = `/subscriptions/${server.subscriptionId}/resourceGroups/none/providers/Microsoft.Network/${type}/x`;
      assert.equal(codeOf(await server.call('PUT', nowhere, body)), 'ResourceGroupNotFound');
      assert.equal(codeOf(await put(`${type}/x`, { ...body, location: undefined })), 'LocationRequired');
      assert.equal((await put(`${type}/x`, [])).status, 400);
      assert.equal((await put(`${type}/x`, { location, properties: 'text' })).status, 400);
      assert.equal((await server.call('GET', `${network}/${type}/x`)).status, 404);
    }
  });

  test('each is deleted, and once more is no error', async () => {
    for (const type of Object.keys(examples).toReversed()) {
      const { status } = await server.call('DELETE', `${network}/${type}/EXAMPLE`);
      assert.ok(status === 200 || status === 202, type);
      while ((await server.call('GET', `${network}/${type}/example`)).status !== 404);
      assert.equal((await server.call('DELETE', `${network}/${type}/example`)).status, 204);
    }
  });

  test('a prefix is /28 to /31, keeps its size, and is exhausted when all of its addresses are given out', async () => {
    for (const prefixLength of [0, 27, 32]) {
      const answer = await put('publicIPPrefixes/wrong', { location, properties: { prefixLength } });
      assert.deepEqual([answer.status, codeOf(answer)], [400, 'SpecifiedPrefixLengthNotSupported'], String(prefixLength));
    }
    for (const prefixLength of [33, -1, 30.5, '30', null])
      assert.equal(codeOf(await put('publicIPPrefixes/wrong', { location, properties: { prefixLength } })), 'InvalidParameter');
    await put('publicIPPrefixes/pair', { location, properties: { prefixLength: 31 } });
    assert.equal(
      codeOf(await put('publicIPPrefixes/pair', { location, properties: { prefixLength: 30 } })),
      'PropertyChangeNotAllowed',
    );
    const publicIPPrefix = { id: `${network}/publicipprefixes/PAIR` };
    for (const name of ['p0', 'p1']) await put(`publicIPAddresses/${name}`, { location, properties: { publicIPPrefix } });
    const third = await put('publicIPAddresses/p2', { location, properties: { publicIPPrefix } });
    assert.deepEqual([third.status, codeOf(third)], [400, 'PublicIpPrefixOutOfIpAddresses']);
    const refused = await server.call('DELETE', `${network}/publicIPPrefixes/pair`);
    assert.deepEqual([refused.status, codeOf(refused)], [400, 'InUsePublicIpPrefixCannotBeDeleted']);
    await server.call('DELETE', `${network}/publicIPAddresses/p0`);
    assert.equal((await put('publicIPAddresses/p2', { location, properties: { publicIPPrefix } })).status, 201);
  });

  test('the pool of prefixes ends, too', async () => {
    const statuses: number[] = [];
    let last: Answer | undefined;
    for (let index = 0; index < 20 && last?.status !== 400; index += 1) {
      last = await put(`publicIPPrefixes/full${String(index)}`, { location, properties: { prefixLength: 28 } });
      statuses.push(last.status);
    }
    assert.ok(statuses.includes(201));
    assert.equal(last && codeOf(last), 'PublicIPCountLimitReached');
  });

  test('a subnet lies inside of its network, overlaps no other, and stays while it is used', async () => {
    const table: [string, unknown, string][] = [
      ['outside', { addressPrefix: '10.2.0.0/24' }, 'NetcfgInvalidSubnet'],
      ['tiny', { addressPrefix: '10.1.9.0/30' }, 'NetcfgInvalidSubnet'],
      ['overlap', { addressPrefix: '10.1.0.128/25' }, 'NetcfgSubnetRangesOverlap'],
      ['text', { addressPrefix: 'ten' }, 'InvalidParameter'],
      ['none', {}, 'InvalidParameter'],
    ];
    for (const [name, properties, code] of table) {
      const answer = await put(`virtualNetworks/base/subnets/${name}`, { properties });
      assert.deepEqual([answer.status, codeOf(answer)], [400, code], name);
    }
    const moved = await put('virtualNetworks/base/subnets/nodes', { properties: { addressPrefix: '10.1.4.0/24' } });
    assert.deepEqual([moved.status, codeOf(moved)], [400, 'InUseSubnetCannotBeUpdated']);
    for (const path of ['virtualNetworks/base/subnets/nodes', 'virtualNetworks/base']) {
      const refused = await server.call('DELETE', `${network}/${path}`);
      assert.deepEqual([refused.status, codeOf(refused)], [400, 'InUseSubnetCannotBeDeleted']);
    }
    assert.equal(
      codeOf(await put('virtualNetworks/absent/subnets/s', { properties: { addressPrefix: '10.1.9.0/24' } })),
      'ParentResourceNotFound',
    );
  });
});
