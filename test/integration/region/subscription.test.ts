import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ContainerServiceClient } from '@azure/arm-containerservice';
import { FeatureClient } from '@azure/arm-features';
import { NetworkManagementClient } from '@azure/arm-network';
import { ResourceManagementClient } from '@azure/arm-resources';
import { z } from 'zod';
import { type RegionServer, startRegionServer } from '../../support/region-server.ts';

const namespace = 'Microsoft.ContainerService';
const feature = 'StaticEgressGatewayPreview';
const location = 'westus';
const serverNames = ['management.segw.test', 'login.segw.test', 'management.azure.com', 'login.microsoftonline.com'];

interface Refusal {
  readonly statusCode: number;
  readonly code: string;
  readonly message: string;
}

/** What a call was refused with. */
async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const thrown: unknown = await call.then(
    () => assert.fail('not refused'),
    (error: unknown) => error,
  );
  return z.object({ statusCode: z.number(), code: z.string(), message: z.string() }).parse(thrown);
}

describe('the subscription over the SDK', () => {
  let now = Date.UTC(2026, 0, 1);
  let server: RegionServer;
  let features: FeatureClient;
  let containers: ContainerServiceClient;
  let resources: ResourceManagementClient;
  let network: NetworkManagementClient;

  const newCluster = (enabled: boolean) => ({
    location,
    identity: { type: 'SystemAssigned' as const },
    dnsPrefix: 'c1',
    agentPoolProfiles: [
      {
        name: 'nodepool1',
        mode: 'System' as const,
        type: 'VirtualMachineScaleSets' as const,
        osType: 'Linux' as const,
        count: 1,
      },
    ],
    networkProfile: { staticEgressGatewayProfile: { enabled } },
  });

  before(async () => {
    const featureFlags = { areNeeded: true, registrationSeconds: 20 };
    server = await startRegionServer({ settings: { featureFlags, serverNames }, clock: () => new Date(now) });
    const { credential, subscriptionId, clientOptions } = server;
    features = new FeatureClient(credential, subscriptionId, clientOptions);
    containers = new ContainerServiceClient(credential, subscriptionId, clientOptions);
    resources = new ResourceManagementClient(credential, subscriptionId, clientOptions);
    network = new NetworkManagementClient(credential, subscriptionId, clientOptions);
    for (const [name, tags] of [
      ['rg', { owner: 'net' }],
      ['other', {}],
    ] as const)
      await resources.resourceGroups.createOrUpdate(name, { location, tags });
  });

  after(async () => server.close());

  test('until the preview feature is Registered, neither the feature nor a gateway pool can be had, and nothing changes', async () => {
    const expected = /^Preview feature Microsoft\.ContainerService\/StaticEgressGatewayPreview not registered\. /;
    const refused = await refusalOf(containers.managedClusters.createOrUpdate('rg', 'c1', newCluster(true)).pollUntilDone());
    assert.deepEqual([refused.statusCode, refused.code], [400, 'PreviewFeatureNotRegistered']);
    assert.match(refused.message, expected);
    assert.match(refused.message, /Register it first: az feature register --namespace/);
    assert.deepEqual(await Array.fromAsync(containers.managedClusters.list()), []);

    await containers.managedClusters.createOrUpdate('rg', 'c1', newCluster(false)).pollUntilDone();
    const update = await refusalOf(containers.managedClusters.createOrUpdate('rg', 'c1', newCluster(true)).pollUntilDone());
    assert.deepEqual([update.statusCode, update.code], [400, 'PreviewFeatureNotRegistered']);
    const pool = { mode: 'Gateway', count: 2, typePropertiesType: 'VirtualMachineScaleSets', osType: 'Linux' };
    const added = await refusalOf(containers.agentPools.createOrUpdate('rg', 'c1', 'gw', pool).pollUntilDone());
    assert.deepEqual([added.statusCode, added.code], [400, 'PreviewFeatureNotRegistered']);
    const { networkProfile } = await containers.managedClusters.get('rg', 'c1');
    assert.notEqual(networkProfile?.staticEgressGatewayProfile?.enabled, true);
    assert.equal((await Array.fromAsync(containers.agentPools.list('rg', 'c1'))).length, 1);
  });

  test('registering takes its time, which a restart does not prolong; then the feature can be enabled', async () => {
    const state = async () => (await features.features.get(namespace, feature)).properties?.state;
    assert.equal(await state(), 'NotRegistered');
    const answer = await features.features.register(namespace, feature);
    assert.equal(answer.name, `${namespace}/${feature}`);
    assert.equal(answer.type, 'Microsoft.Features/providers/features');
    assert.equal(answer.properties?.state, 'Registering');
    const early = await refusalOf(containers.managedClusters.createOrUpdate('rg', 'c1', newCluster(true)).pollUntilDone());
    assert.match(early.message, /It is Registering: wait until/);
    await server.restart();
    now += 20_000;
    assert.equal(await state(), 'Registered');
    assert.equal(
      (await features.features.register(namespace.toLowerCase(), feature.toUpperCase())).properties?.state,
      'Registered',
    );
    const cluster = await containers.managedClusters.createOrUpdate('rg', 'c1', newCluster(true)).pollUntilDone();
    assert.equal(cluster.networkProfile?.staticEgressGatewayProfile?.enabled, true);
  });

  test('what was enabled stays usable when the feature is unregistered', async () => {
    assert.equal((await features.features.unregister(namespace, feature)).properties?.state, 'Unregistering');
    now += 20_000;
    assert.equal((await features.features.get(namespace, feature)).properties?.state, 'Unregistered');
    const tagged = await containers.managedClusters
      .createOrUpdate('rg', 'c1', { ...newCluster(true), tags: { team: 'net' } })
      .pollUntilDone();
    assert.equal(tagged.provisioningState, 'Succeeded');
  });

  test('features are listed for all namespaces and for one; unknown ones are not found', async () => {
    const names = async (pages: AsyncIterable<{ readonly name?: string }>) =>
      (await Array.fromAsync(pages)).map(({ name }) => name);
    assert.deepEqual(await names(features.features.listAll()), [`${namespace}/${feature}`]);
    assert.deepEqual(await names(features.features.list(namespace)), [`${namespace}/${feature}`]);
    assert.deepEqual(await names(features.features.list('Microsoft.Network')), []);
    assert.deepEqual(await refusalOf(features.features.register(namespace, 'Other')), {
      statusCode: 404,
      code: 'FeatureNotFound',
      message: "The feature 'Other' could not be found.",
    });
  });

  test('an installation that needs no flags enables at once', async () => {
    const { status, body } = await server.call('PUT', '/local/feature-flags', { areNeeded: false });
    assert.deepEqual([status, body], [200, { areNeeded: false, registrationSeconds: 20 }]);
    await server.restart();
    const pool = { mode: 'Gateway', count: 2, typePropertiesType: 'VirtualMachineScaleSets', osType: 'Linux' };
    const added = await containers.agentPools.createOrUpdate('rg', 'c1', 'gw', pool).pollUntilDone();
    assert.equal(added.provisioningState, 'Succeeded');
    const wrong = await server.call('PUT', '/local/feature-flags', { areNeeded: 'no', other: 1 });
    assert.equal(wrong.status, 400);
  });

  test('providers are registered, with every type that the region has', async () => {
    const registered = await resources.providers.register('microsoft.containerservice');
    assert.equal(registered.namespace, namespace);
    assert.equal(registered.registrationState, 'Registered');
    const types = registered.resourceTypes?.map(({ resourceType }) => resourceType);
    assert.ok(types?.includes('managedClusters/agentPools'), String(types));
    const listed = await Array.fromAsync(resources.providers.list());
    for (const one of ['Microsoft.Compute', 'Microsoft.Network', 'Microsoft.Features', 'Microsoft.Resources'])
      assert.equal((await resources.providers.get(one)).id, listed.find(({ namespace: name }) => name === one)?.id);
    assert.equal((await refusalOf(resources.providers.get('Microsoft.Nothing'))).code, 'InvalidResourceNamespace');
    assert.equal((await refusalOf(resources.providers.unregister(namespace))).code, 'NotSupportedInThisRegion');
  });

  test('resources are listed over all types, filtered, and page by page', async () => {
    const { publicIPPrefixes } = network;
    for (const name of ['egress-1', 'egress-2', 'other'])
      await publicIPPrefixes.beginCreateOrUpdateAndWait('other', name, {
        location,
        sku: { name: 'Standard' },
        prefixLength: 31,
        tags: { team: name },
      });
    const names = async (filter?: string, top?: number) =>
      (await Array.fromAsync(resources.resources.list({ ...(filter === undefined ? {} : { filter }), ...(top && { top }) }))).map(
        ({ name }) => name,
      );
    const type = "resourceType eq 'microsoft.network/publicipprefixes'";
    assert.deepEqual(await names(type), ['egress-1', 'egress-2', 'other']);
    assert.deepEqual(await names(type, 1), ['egress-1', 'egress-2', 'other']);
    assert.deepEqual(await names(`${type} and substringof('egress', name)`), ['egress-1', 'egress-2']);
    assert.deepEqual(await names("tagName eq 'team' and tagValue eq 'egress-2'"), ['egress-2']);
    assert.deepEqual(await names("resourceGroup eq 'rg'"), ['c1']);
    assert.ok((await names()).includes('c1'));
    assert.equal((await refusalOf(names('plan eq 1'))).code, 'InvalidFilterInQueryString');
    const [first] = await Array.fromAsync(
      resources.resources.listByResourceGroup('other', { filter: "name eq 'egress-1'", expand: 'createdTime,provisioningState' }),
    );
    assert.equal(first?.sku?.name, 'Standard');
    assert.equal(first?.provisioningState, 'Succeeded');
    const groups = await Array.fromAsync(resources.resourceGroups.list({ filter: "tagname eq 'owner' and tagvalue eq 'net'" }));
    assert.deepEqual(
      groups.map(({ name }) => name),
      ['rg'],
    );
  });

  test('a resource is found by the path that generic tools make, with an empty parent', async () => {
    const group = `/subscriptions/${server.subscriptionId}/resourcegroups/other`;
    const { status, body } = await server.call('GET', `${group}/providers/Microsoft.Network//publicIPPrefixes/egress-1`);
    assert.deepEqual([status, body['name']], [200, 'egress-1']);
  });

  test('locations and tenants', async () => {
    const { subscriptionId } = server;
    const locations = await server.call('GET', `/subscriptions/${subscriptionId}/locations`);
    assert.match(JSON.stringify(locations.body), /"name":"local".*"name":"japaneast","type":"Region","displayName":"Japan East"/);
    const tenants = await server.call('GET', '/tenants');
    assert.match(JSON.stringify(tenants.body), new RegExp(`"tenantId":"${server.region.credentials.tenantId}"`));
    const other = await server.call('GET', '/subscriptions/00000000-0000-0000-0000-000000000000/providers');
    assert.deepEqual([other.status, other.headers.get('x-ms-error-code')], [404, 'SubscriptionNotFound']);
  });
});

describe('what clients ask before they sign in', () => {
  let server: RegionServer;

  before(async () => {
    server = await startRegionServer({ settings: { serverNames } });
  });
  after(async () => server.close());

  /** Without a token, under this host's name. */
  async function ask(host: string, path: string): Promise<Response> {
    return server.region.app.request(`https://${host}${path}`, { headers: { host } });
  }

  const discovery = z.object({
    tenant_discovery_endpoint: z.string(),
    metadata: z.array(z.object({ preferred_network: z.string(), aliases: z.array(z.string()) })),
  });
  const hosts = ['login.microsoftonline.com', 'localhost:17000'];
  for (const host of hosts) {
    test(`${host} is an authority`, async () => {
      const endpoint = encodeURIComponent(`https://${host}/tenant-1/oauth2/v2.0/authorize`);
      const path = `/common/discovery/instance?api-version=1.1&authorization_endpoint=${endpoint}`;
      for (const asked of hosts) {
        const answer = discovery.parse(await (await ask(asked, path)).json());
        assert.equal(answer.tenant_discovery_endpoint, `https://${host}/tenant-1/v2.0/.well-known/openid-configuration`);
        assert.ok(answer.metadata.some(({ preferred_network, aliases }) => preferred_network === host && aliases.includes(host)));
      }
    });
  }

  test('a stranger is no authority', async () => {
    for (const endpoint of ['https://login.example.com/t/oauth2/v2.0/authorize', 'http://localhost:17000/t', 'nonsense', '']) {
      const path = `/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(endpoint)}`;
      const answer = await ask('localhost:17000', path);
      assert.deepEqual(
        [answer.status, z.object({ error: z.string() }).parse(await answer.json()).error],
        [400, 'invalid_instance'],
      );
    }
  });

  test("under the public cloud's name the region is the public cloud", async () => {
    const metadata = z.object({ name: z.string(), authentication: z.object({ loginEndpoint: z.string() }) });
    const path = '/metadata/endpoints?api-version=2022-09-01';
    const open = metadata.parse(await (await ask('management.azure.com', path)).json());
    assert.deepEqual([open.name, open.authentication.loginEndpoint], ['AzureCloud', 'https://login.microsoftonline.com']);
    const own = metadata.parse(await (await ask('localhost:17000', path)).json());
    assert.deepEqual([own.name, own.authentication.loginEndpoint], ['segw', 'https://localhost:17000']);
  });

  test('the extension index leads to a wheel with the digest that it tells', async () => {
    const schema = z.object({
      extensions: z.object({
        'aks-preview': z.tuple([z.object({ downloadUrl: z.url(), filename: z.string(), sha256Digest: z.string() })]),
      }),
    });
    const index = schema.parse(await (await ask('localhost:17000', '/extensions/index.json')).json());
    const [{ downloadUrl, filename, sha256Digest }] = index.extensions['aks-preview'];
    const url = new URL(downloadUrl);
    assert.equal(url.host, 'localhost:17000');
    assert.ok(url.pathname.endsWith(filename));
    const wheel = await (await ask(url.host, url.pathname)).arrayBuffer();
    assert.equal(createHash('sha256').update(Buffer.from(wheel)).digest('hex'), sha256Digest);
  });

  test('the certificate names every host, and follows when the names change', async () => {
    const namesOf = () => new X509Certificate(server.region.certificate.certificatePem).subjectAltName ?? '';
    for (const name of [...serverNames, 'localhost']) assert.ok(namesOf().includes(`DNS:${name}`), namesOf());
    const { stateDir } = server;
    const later = await startRegionServer({ stateDir, settings: { serverNames: ['graph.microsoft.com'] } });
    try {
      const { certificatePem } = later.region.certificate;
      assert.match(new X509Certificate(certificatePem).subjectAltName ?? '', /DNS:graph\.microsoft\.com/);
      assert.equal(later.region.credentials.authorityPem, server.region.credentials.authorityPem);
    } finally {
      await later.close();
    }
  });
});
