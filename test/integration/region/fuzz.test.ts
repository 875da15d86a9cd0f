import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { JsonObject, JsonValue, StoredResource } from '../../../src/region/arm/resource.ts';
import { type ExampleResource, exampleResources } from '../../support/fuzz/example-resources.ts';
import { mutated, mutatedPath, type Mutation, mutation, pathMutation } from '../../support/fuzz/mutations.ts';
import { type Answer, type RegionServer, startRegionServer } from '../../support/region-server.ts';

/** Of each type. The seed of a failing run is printed; `fc.assert(..., { seed, path })` repeats it. */
const runs = 1000;
const share = { create: 0.3, write: 0.3, act: 0.1, path: 0.3 };
const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });

let server: RegionServer;
let examples: readonly ExampleResource[];
/** Answers by status. */
const statuses = new Map<number, number>();
/** What is there between two runs. */
let base: string;

before(async () => {
  server = await startRegionServer();
  examples = exampleResources(`/subscriptions/${server.subscriptionId}`, server.region.credentials.objectId);
  for (const { needs = [] } of examples) for (const need of needs) await mustPut(need);
  base = stored();
});
after(async () => {
  await server.close();
});

async function mustPut({ path, body }: ExampleResource): Promise<void> {
  const answer = await server.call('PUT', path, body);
  assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`);
  assert.equal(await endOf(answer), 'Succeeded', path);
}

/** How the operation of an answer ended; `Succeeded` when there was none. */
async function endOf({ headers }: Answer): Promise<JsonValue | undefined> {
  const url = headers.get('azure-asyncoperation');
  if (url === null) return 'Succeeded';
  for (;;) {
    const { body } = await server.call('GET', new URL(url).pathname);
    if (body['status'] !== 'InProgress') return body['status'];
    await new Promise(setImmediate);
  }
}

async function mustBeGone(path: string): Promise<void> {
  const answer = await server.call('DELETE', path);
  // What a refused PUT never made is not there; a group that is not there is 404.
  assert.ok(answer.status < 300 || answer.status === 404, `DELETE ${path}: ${JSON.stringify(answer.body)}`);
  assert.equal(await endOf(answer), 'Succeeded', `DELETE ${path}`);
}

function stored(): string {
  return JSON.stringify(server.region.manager.store.all().toSorted(byId));
}

function byId(a: StoredResource, b: StoredResource): number {
  return a.id < b.id ? -1 : 1;
}

/** A refusal in Azure's shape, by one of its two kinds of services; or success. */
function checkAnswer(what: string, { status, headers, body }: Answer): void {
  statuses.set(status, (statuses.get(status) ?? 0) + 1);
  assert.ok(status >= 200 && status < 500, `${what}: ${String(status)} ${JSON.stringify(body)}`);
  // A HEAD is answered without the body that a GET would have.
  if (status < 400 || what.startsWith('HEAD ')) return;
  const error = body['error'] ?? body;
  assert.ok(isObject(error), what);
  assert.deepEqual([typeof error['code'], typeof error['message']], ['string', 'string'], `${what}: ${JSON.stringify(body)}`);
  assert.equal(headers.get('x-ms-error-code'), error['code'], what);
  assert.match(headers.get('content-type') ?? '', /^application\/json/, what);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without what changes by itself. */
function lasting(body: JsonObject): unknown {
  return JSON.parse(JSON.stringify(body, (name, value: unknown) => (passing.has(name) ? undefined : value)));
}

const passing: ReadonlySet<string> = new Set(['etag', 'eTag', 'provisioningState', 'updatedOn']);

/** What a GET shows can be sent back as it is, and changes nothing. */
async function checkRoundTrip(what: string, path: string): Promise<void> {
  const shown = await server.call('GET', path);
  assert.equal(shown.status, 200, `${what}, then GET: ${JSON.stringify(shown.body)}`);
  const again = await server.call('PUT', path, shown.body);
  assert.ok(again.status < 300, `${what}, then PUT of what GET shows: ${JSON.stringify([shown.body, again.body])}`);
  await endOf(again);
  const after = await server.call('GET', path);
  assert.equal(after.status, 200, `${what}, then PUT and GET`);
  assert.deepEqual(lasting(after.body), lasting(shown.body), what);
}

async function fuzz(example: ExampleResource): Promise<void> {
  const maker = example.madeBy ?? example;
  if (example.madeBy === undefined) await assertProperty(share.create, mutations, async (changes) => tryCreate(example, changes));
  await mustPut(maker);
  await assertProperty(share.write, fc.tuple(fc.constantFrom('PUT', 'PATCH'), mutations), async ([method, changes]) =>
    tryWrite(example, { method, changes }),
  );
  await assertProperty(share.act, fc.tuple(fc.nat(), mutations), async ([action, changes]) =>
    tryAction(example, { action, changes }),
  );
  const methods = fc.constantFrom('GET', 'PUT', 'PATCH', 'DELETE', 'POST', 'HEAD', 'OPTIONS');
  await assertProperty(
    share.path,
    fc.tuple(methods, fc.array(pathMutation, { minLength: 1, maxLength: 2 })),
    async ([method, changes]) => tryPath(example, { method, path: changes.reduce(mutatedPath, example.path) }),
  );
  await mustBeGone(maker.path);
  assert.equal(stored(), base, 'what is left');
}

async function assertProperty<T>(part: number, input: fc.Arbitrary<T>, check: (value: T) => Promise<void>): Promise<void> {
  await fc.assert(fc.asyncProperty(input, check), { numRuns: Math.round(runs * part) });
}

async function tryCreate({ path, body }: ExampleResource, changes: readonly Mutation[]): Promise<void> {
  const request = mutated(body, changes);
  const what = `PUT ${path} ${JSON.stringify(request)}`;
  const before = stored();
  const answer = await server.call('PUT', path, request);
  checkAnswer(what, answer);
  if (answer.status >= 400) assert.equal(stored(), before, what);
  else if ((await endOf(answer)) === 'Succeeded') await checkRoundTrip(what, path);
  await mustBeGone(path);
}

async function tryWrite(
  example: ExampleResource,
  { method, changes }: { readonly method: string; readonly changes: readonly Mutation[] },
): Promise<void> {
  const { path, body } = example;
  const request = mutated(body, changes);
  const what = `${method} ${path} ${JSON.stringify(request)}`;
  const before = stored();
  const answer = await server.call(method, path, request);
  checkAnswer(what, answer);
  if (answer.status >= 400) assert.equal(stored(), before, what);
  else {
    if ((await endOf(answer)) === 'Succeeded') await checkRoundTrip(what, path);
    await makeAnew(example);
  }
}

async function tryAction(
  example: ExampleResource,
  { action, changes }: { readonly action: number; readonly changes: readonly Mutation[] },
): Promise<void> {
  const names = [...Object.keys(server.region.manager.table.find(example.type)?.actions ?? {}), 'nothing'];
  const name = names[action % names.length] ?? '';
  const request = mutated(example.actions?.[name] ?? {}, changes);
  const what = `POST ${example.path}/${name} ${JSON.stringify(request)}`;
  const before = stored();
  const answer = await server.call('POST', `${example.path}/${name}`, request);
  checkAnswer(what, answer);
  if (answer.status >= 400) assert.equal(stored(), before, what);
  else {
    await endOf(answer);
    await makeAnew(example);
  }
}

async function tryPath(
  example: ExampleResource,
  { method, path }: { readonly method: string; readonly path: string },
): Promise<void> {
  const what = `${method} ${path}`;
  const before = stored();
  const answer = await server.call(method, path, method === 'PUT' || method === 'PATCH' ? example.body : undefined);
  checkAnswer(what, answer);
  if (answer.status >= 400) assert.equal(stored(), before, what);
  await endOf(answer);
  if (stored() === before) return;
  if (method === 'PUT' && path.toLowerCase() !== example.path.toLowerCase()) await mustBeGone(path);
  await makeAnew(example);
}

/** As the example has it: also where its last change cannot be taken back. */
async function makeAnew({ madeBy, ...example }: ExampleResource): Promise<void> {
  await mustBeGone((madeBy ?? example).path);
  await mustPut(madeBy ?? example);
}

describe('1,000 mutated requests at a resource type are refused in the shape of Azure and change nothing, or are valid:', () => {
  for (const { type } of exampleResources('', ''))
    test(type, async (t) => {
      statuses.clear();
      await fuzz(exampleOf(type));
      t.diagnostic(
        `answers: ${[...statuses]
          .toSorted(([a], [b]) => a - b)
          .map(([status, count]) => `${String(status)} ${String(count)} times`)
          .join(', ')}`,
      );
      assert.ok(
        (statuses.get(200) ?? 0) + (statuses.get(201) ?? 0) > runs / 50,
        'hardly any mutation was valid: the example is not',
      );
    });

  test('every type of the region is among them', () => {
    const known = new Set(examples.map(({ type }) => type));
    const unknown = server.region.manager.table.providers.map(({ type }) => type).filter((type) => !known.has(type));
    assert.deepEqual(unknown, []);
  });
});

/** Lists, parts of resources, and what is no resource type: paths that are only read. */
const reads = [
  '',
  '/locations',
  '/resources',
  '/resourceGroups',
  '/providers',
  '/providers/Microsoft.Network',
  '/providers/Microsoft.Features/features',
  '/providers/Microsoft.Authorization/roleDefinitions',
  '/providers/Microsoft.Features/providers/Microsoft.ContainerService/features/StaticEgressGatewayPreview',
  '/providers/Microsoft.ContainerService/locations/local/kubernetesVersions',
  '/resourceGroups/rg/resources',
  '/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/net/subnets',
  '/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/fuzz/virtualMachines/0/networkInterfaces/nic/ipConfigurations/egress/publicIPAddresses/pub',
  '/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/fuzz/virtualMachines/0/instanceView',
  '/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/base/upgradeProfiles/default',
  '/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/base/availableAgentPoolVersions',
];
const filters = fc.constantFrom(
  "resourceType eq 'Microsoft.Network/publicIPPrefixes'",
  "tagName eq 'a' and tagValue eq 'b'",
  'resourceType eq',
  "'",
  '((',
  'atScope()',
);

test('1,000 mutated reads find something or are refused, and change nothing', async () => {
  const set = exampleOf('Microsoft.Compute/virtualMachineScaleSets');
  await mustPut(set);
  const before = stored();
  const query = fc.record(
    {
      $filter: fc.oneof(filters, fc.string()),
      $top: fc.oneof(fc.string(), fc.integer().map(String)),
      $skiptoken: fc.string({ unit: 'binary' }),
      'api-version': fc.constantFrom('2024-01-01', '', 'latest', '2024-01-01-preview'),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...reads),
      fc.array(pathMutation, { maxLength: 2 }),
      query,
      async (read, changes, parameters) => {
        const path = changes.reduce(mutatedPath, `/subscriptions/${server.subscriptionId}${read}`);
        const text = new URLSearchParams(
          Object.entries(parameters).map(([name, value]) => [name, value.toWellFormed()]),
        ).toString();
        checkAnswer(`GET ${path}?${text}`, await server.call('GET', `${path}${text === '' ? '' : `?${text}`}`));
      },
    ),
    { numRuns: runs },
  );
  assert.equal(stored(), before);
  await mustBeGone(set.path);
});

function exampleOf(type: string): ExampleResource {
  const example = examples.find((one) => one.type === type);
  assert.ok(example);
  return example;
}
