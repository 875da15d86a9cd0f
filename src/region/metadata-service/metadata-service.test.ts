import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { createExampleMetadata, type ExampleMetadata, vmIds } from '../../../test/support/example-metadata.ts';
import { exampleGroup, exampleSetId } from '../../../test/support/example-scale-set.ts';
import type { ResourceIdentity } from '../providers/resource-identity.ts';

const v = 'api-version=2021-10-01';

async function json(answer: Promise<Response>): Promise<unknown> {
  const response = await answer;
  assert.equal(response.status, 200);
  return response.json();
}

async function refusal(answer: Promise<Response>): Promise<readonly [number, unknown]> {
  const response = await answer;
  return [response.status, await response.json()];
}

describe('a request', () => {
  it('needs the header Metadata: true, in any case, and a version', async () => {
    const { ask } = await createExampleMetadata();
    assert.deepEqual(await refusal(ask(`instance?${v}`, { headers: {} })), [
      400,
      { error: 'Bad request. Required metadata header not specified' },
    ]);
    assert.deepEqual(await refusal(ask('instance')), [
      400,
      {
        error: 'Bad request. api-version was not specified in the request. For more information refer to aka.ms/azureimds',
        'newest-versions': ['2021-10-01', '2020-10-01', '2020-07-01'],
      },
    ]);
    assert.equal((await ask('instance?api-version=latest')).status, 400);
    assert.equal((await ask(`instance?${v}`, { headers: { metadata: 'True' } })).status, 200);
    assert.equal((await ask('versions')).status, 200);
  });

  it('that was forwarded is refused', async () => {
    const { ask } = await createExampleMetadata();
    const headers = { Metadata: 'true', 'X-Forwarded-For': '198.51.100.7' };
    assert.equal((await ask(`instance?${v}`, { headers })).status, 400);
    assert.equal((await ask('versions', { headers })).status, 400);
  });

  it('of another method is refused, and a path that nobody serves is not found', async () => {
    const { ask } = await createExampleMetadata();
    for (const path of ['instance', 'loadbalancer', 'identity/oauth2/token', 'scheduledevents'])
      assert.equal((await ask(`${path}?${v}`, { method: 'PUT' })).status, 405, path);
    assert.equal((await ask(`instance?${v}`, { method: 'POST' })).status, 405);
    assert.equal((await ask(`attested/document?${v}`)).status, 404);
  });

  it('comes from the machine that has its source address in this virtual network, or whose pod has it', async () => {
    const { ask } = await createExampleMetadata({ podCidr: '10.244.3.0/24' });
    const vmId = async (from: string, network = 'v1'): Promise<string> =>
      (await ask(`instance/compute/vmId?${v}&format=text`, { from, network })).text();
    assert.equal(await vmId('10.224.0.4'), vmIds[0]);
    assert.equal(await vmId('10.224.0.5'), vmIds[1]);
    assert.equal(await vmId('10.224.0.15'), vmIds[1], 'a secondary address');
    assert.equal(await vmId('10.244.3.77'), vmIds[0], 'a pod');
    assert.equal((await ask(`instance?${v}`, { from: '10.224.0.9' })).status, 404);
    assert.equal((await ask(`instance?${v}`, { network: 'v2' })).status, 404);
  });

  it('is one of five that a machine has in a second; for tokens there are twenty', async () => {
    const metadata = await createExampleMetadata();
    const statuses = async (path: string, count: number, from?: string): Promise<readonly number[]> => {
      const answers = Array.from({ length: count }, async () => metadata.ask(path, from === undefined ? {} : { from }));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    assert.deepEqual(await statuses(`instance?${v}`, 6), [200, 200, 200, 200, 200, 429]);
    assert.equal((await metadata.ask(`instance?${v}`)).headers.get('retry-after'), '1');
    assert.deepEqual(await statuses(`instance?${v}`, 1, '10.224.0.5'), [200]);
    assert.deepEqual((await statuses(`identity/info?${v}`, 21)).slice(-2), [200, 429]);
    metadata.wait(200);
    assert.deepEqual(await statuses(`instance?${v}`, 2), [200, 429]);
  });
});

describe('the instance document', () => {
  it('names the machine, its set and its pool; every primitive is a string', async () => {
    const { ask } = await createExampleMetadata();
    assert.partialDeepStrictEqual(await json(ask(`instance/compute?${v}`)), {
      azEnvironment: 'AzurePublicCloud',
      location: 'local',
      name: 'set_0',
      osProfile: { adminUsername: '', computerName: 'set000000', disablePasswordAuthentication: 'true' },
      resourceGroupName: 'g',
      resourceId: `${exampleSetId}/virtualMachines/0`,
      subscriptionId: 's',
      tags: 'aks-managed-poolName:gwpool;team:net',
      tagsList: [
        { name: 'aks-managed-poolName', value: 'gwpool' },
        { name: 'team', value: 'net' },
      ],
      vmId: vmIds[0],
      vmScaleSetName: 'set',
    });
    assert.doesNotMatch(await (await ask(`instance?${v}`)).text(), /:(true|false|null|\d)/);
  });

  it('lists the addresses of each interface', async () => {
    const { ask } = await createExampleMetadata();
    assert.deepEqual(await json(ask(`instance/network?${v}`)), {
      interface: [
        {
          ipv4: {
            ipAddress: [
              { privateIpAddress: '10.224.0.4', publicIpAddress: '' },
              { privateIpAddress: '10.224.0.14', publicIpAddress: '203.0.113.4' },
            ],
            subnet: [{ address: '10.224.0.0', prefix: '28' }],
          },
          ipv6: { ipAddress: [] },
          macAddress: '025E00000004',
        },
      ],
    });
  });

  const text: readonly (readonly [path: string, answer: string])[] = [
    ['instance', 'compute/\nnetwork/'],
    ['instance/network/interface', '0/'],
    ['instance/network/interface/0/ipv4/ipAddress/1/publicIpAddress', '203.0.113.4'],
    ['instance/Compute/VMSCALESETNAME/', 'set'],
    ['instance/compute/userData', ''],
  ];
  for (const [path, answer] of text)
    it(`has ${path} as text`, async () => {
      const { ask } = await createExampleMetadata();
      assert.equal(await (await ask(`${path}?${v}&format=text`)).text(), answer);
    });

  const refused: readonly (readonly [path: string, status: number])[] = [
    [`instance/compute/name?${v}`, 400],
    [`instance/compute/name?${v}&format=json`, 400],
    [`instance?${v}&format=xml`, 400],
    [`instance/compute/nothing?${v}&format=text`, 404],
    [`instance/network/interface/1?${v}`, 404],
    [`instance/compute/name/length?${v}&format=text`, 404],
    [`instance/__proto__?${v}&format=text`, 404],
  ];
  for (const [path, status] of refused)
    it(`answers ${path} with ${String(status)}`, async () => {
      const { ask } = await createExampleMetadata();
      assert.equal((await ask(path)).status, status);
    });
});

describe('the load balancer document', () => {
  it('has the public addresses of the machine', async () => {
    const { ask } = await createExampleMetadata();
    assert.deepEqual(await json(ask('loadbalancer?api-version=2020-10-01&format=json')), {
      loadbalancer: {
        publicIpAddresses: [{ frontendIpAddress: '203.0.113.4', privateIpAddress: '10.224.0.14' }],
        inboundRules: [],
        outboundRules: [],
      },
    });
  });
});

describe('a token of an identity', () => {
  const identityId = (name: string): string =>
    `${exampleGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
  const system: ResourceIdentity = { type: 'SystemAssigned', userAssignedIdentities: [] };
  const user = (...names: readonly string[]): ResourceIdentity => ({
    type: 'UserAssigned',
    userAssignedIdentities: names.map(identityId),
  });
  const both: ResourceIdentity = { ...user('a', 'b'), type: 'SystemAssigned, UserAssigned' };
  const tokenPath = (query = ''): string =>
    `identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F${query}`;
  const notFound = { error: 'invalid_request', error_description: 'Identity not found' };

  async function holder({ ask }: ExampleMetadata, query = ''): Promise<string> {
    const { access_token: token } = z.object({ access_token: z.string() }).parse(await json(ask(tokenPath(query))));
    return token.split(' ')[0] ?? '';
  }

  it('has numbers as strings and the resource as it was asked for', async () => {
    const { ask, principals } = await createExampleMetadata({ identity: system });
    assert.deepEqual(await json(ask(tokenPath())), {
      access_token: `${principals.systemAssigned?.principalId ?? ''} for https://management.azure.com`,
      client_id: principals.systemAssigned?.clientId,
      expires_in: '3600',
      expires_on: '1772362800',
      ext_expires_in: '3600',
      not_before: '1772359200',
      resource: 'https://management.azure.com/',
      token_type: 'Bearer',
    });
  });

  it('is the system-assigned one’s, or else the only user-assigned one’s', async () => {
    const withBoth = await createExampleMetadata({ identity: both });
    assert.equal(await holder(withBoth), withBoth.principals.systemAssigned?.principalId);
    const withUser = await createExampleMetadata({ identity: user('a') });
    assert.equal(await holder(withUser), withUser.principals.userAssigned[0]?.principalId);
  });

  it('is that of the identity which the request names, by whatever id', async () => {
    const metadata = await createExampleMetadata({ identity: both });
    const [, b] = metadata.principals.userAssigned;
    assert.ok(b);
    for (const query of [
      `&client_id=${b.clientId}`,
      `&object_id=${b.principalId.toUpperCase()}`,
      `&msi_res_id=${identityId('B')}`,
      `&mi_res_id=${identityId('b')}`,
    ])
      assert.equal(await holder(metadata, query), b.principalId, query);
  });

  it('is refused as OAuth does', async () => {
    const none = await createExampleMetadata();
    assert.deepEqual(await refusal(none.ask(tokenPath())), [400, notFound]);
    const two = await createExampleMetadata({ identity: user('a', 'b') });
    const [status, body] = await refusal(two.ask(tokenPath()));
    assert.equal(status, 400);
    assert.match(JSON.stringify(body), /Multiple user assigned identities exist/);
    assert.deepEqual(await refusal(two.ask(tokenPath('&client_id=11111111-1111-4111-8111-111111111111'))), [400, notFound]);
    assert.deepEqual(await refusal(two.ask(`identity/oauth2/token?api-version=2018-02-01`)), [
      400,
      { error: 'invalid_request', error_description: "Required query variable 'resource' is missing" },
    ]);
    assert.deepEqual(await refusal(two.ask(tokenPath(), { headers: {} })), [
      400,
      { error: 'invalid_request', error_description: 'Required metadata header not specified' },
    ]);
    assert.equal((await two.ask(tokenPath(`&client_id=x&msi_res_id=${identityId('a')}`))).status, 400);
  });

  it('can be asked for with a slash at the end of the path, as some clients do', async () => {
    const { ask } = await createExampleMetadata({ identity: system });
    assert.equal((await ask('identity/oauth2/token/?api-version=2018-02-01&resource=r')).status, 200);
  });
});

describe('scheduled events', () => {
  const path = 'scheduledevents?api-version=2020-07-01';
  const instanceId = `${exampleSetId}/virtualMachines/1`;

  it('are seen by every machine of the set, and started by any of them', async () => {
    const { ask, events } = await createExampleMetadata();
    assert.deepEqual(await json(ask(path)), { DocumentIncarnation: 1, Events: [] });
    const { id } = events.announce({ instanceId, type: 'Reboot', description: 'Host maintenance', durationSeconds: 9 });
    const event = {
      EventId: id.toUpperCase(),
      EventStatus: 'Scheduled',
      EventType: 'Reboot',
      ResourceType: 'VirtualMachine',
      Resources: ['set_1'],
      NotBefore: 'Sun, 01 Mar 2026 10:15:00 GMT',
      Description: 'Host maintenance',
      EventSource: 'Platform',
      DurationInSeconds: 9,
    };
    assert.deepEqual(await json(ask(path)), { DocumentIncarnation: 2, Events: [event] });
    const body = JSON.stringify({ StartRequests: [{ EventId: id.toUpperCase() }] });
    assert.equal((await ask(path, { method: 'POST', body })).status, 200);
    assert.deepEqual(await json(ask(path, { from: '10.224.0.5' })), {
      DocumentIncarnation: 3,
      Events: [{ ...event, EventStatus: 'Started', NotBefore: '' }],
    });
  });

  const bodies = [
    '',
    '{',
    '[]',
    '{}',
    '{"StartRequests":[]}',
    '{"StartRequests":[{"EventId":7}]}',
    '{"StartRequests":[{"EventId":"x"}]}',
  ];
  for (const body of bodies)
    it(`are not started by the body '${body}'`, async () => {
      const { ask } = await createExampleMetadata();
      assert.equal((await ask(path, { method: 'POST', body })).status, 400);
    });

  it('are not started by a body that is too large', async () => {
    const { ask } = await createExampleMetadata();
    const body = 'x'.repeat(100_000);
    const headers = { Metadata: 'true', 'Content-Length': String(body.length) };
    assert.equal((await ask(path, { method: 'POST', body, headers })).status, 413);
  });
});
