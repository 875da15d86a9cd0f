import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { conditionOf } from '../../../src/api/condition.ts';
import { kinds } from '../../../src/api/kinds.ts';
import {
  staticGatewayConfigurationKind,
  type StaticGatewayConfiguration,
} from '../../../src/api/static-gateway-configuration.ts';
import { egressWorkerKind } from '../../../src/api/egress-worker.ts';
import { gatewayStatusKind } from '../../../src/api/gateway-status.ts';
import { gatewayVmConfigurationKind } from '../../../src/api/gateway-vm-configuration.ts';
import { podEndpointKind } from '../../../src/api/pod-endpoint.ts';
import { isError } from '../../../src/kube/api-error.ts';
import { setConditions } from '../../../src/kube/conditions.ts';
import { crdKind, installKinds, startApiServer, type ApiServer } from '../../support/api-server.ts';

let server: ApiServer;

before(async () => {
  server = await startApiServer();
  await installKinds(server.client, kinds);
});

after(async () => {
  await server.stop();
});

type Spec = Readonly<Record<string, unknown>>;

/** Sends `spec` as it is, as kubectl would: past the types. */
async function createSgc(name: string, spec: Spec): Promise<StaticGatewayConfiguration> {
  return await server.client.create<StaticGatewayConfiguration>(staticGatewayConfigurationKind, manifest(name, spec));
}

function manifest(name: string, spec: Spec): StaticGatewayConfiguration {
  const text = JSON.stringify({ metadata: { name, namespace: 'default' }, spec });
  const object: StaticGatewayConfiguration = JSON.parse(text);
  return object;
}

const prefixId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/publicIPPrefixes/p';
const vmssProfile = { vmssResourceGroup: 'g', vmssName: 'v', publicIpPrefixSize: 30 };

test('the API server finds nothing to object to in any schema', async () => {
  for (const kind of kinds) {
    const crd = await server.client.get(crdKind, { name: `${kind.plural}.${kind.group}` });
    const objections = crd.status?.conditions?.filter(({ type, status }) => type === 'NonStructuralSchema' && status === 'True');
    assert.deepEqual(objections, [], kind.kind);
  }
});

test('a configuration with a pool alone gets the defaults', async () => {
  const { spec } = await createSgc('defaults', { gatewayNodepoolName: 'pool' });
  assert.deepEqual(spec, { gatewayNodepoolName: 'pool', provisionPublicIps: true, defaultRoute: 'staticEgressGateway' });
});

const accepted: readonly (readonly [string, Spec])[] = [
  ['pool and empty profile, as clients in Go send it', { gatewayNodepoolName: 'pool', gatewayVmssProfile: {} }],
  ['profile alone', { gatewayVmssProfile: vmssProfile }],
  ['profile and empty pool name', { gatewayNodepoolName: '', gatewayVmssProfile: vmssProfile }],
  ['private-IP mode', { gatewayNodepoolName: 'pool', provisionPublicIps: false }],
  ['private-IP mode with an empty prefix id', { gatewayNodepoolName: 'pool', provisionPublicIps: false, publicIpPrefixId: '' }],
  ['a brought prefix', { gatewayNodepoolName: 'pool', publicIpPrefixId: prefixId }],
  ['a brought prefix in other case', { gatewayNodepoolName: 'pool', publicIpPrefixId: prefixId.toLowerCase() }],
  ['excludeCidrs with host bits', { gatewayNodepoolName: 'pool', excludeCidrs: ['10.1.2.3/8', '0.0.0.0/0', '192.0.2.1/32'] }],
  ['azureNetworking', { gatewayNodepoolName: 'pool', defaultRoute: 'azureNetworking', excludeCidrs: ['192.0.2.0/24'] }],
];

for (const [index, [what, spec]] of accepted.entries()) {
  test(`accepted: ${what}`, async () => {
    await createSgc(`accepted-${String(index)}`, spec);
  });
}

const refused: readonly (readonly [string, Spec, RegExp])[] = [
  ['neither pool nor profile', {}, /exactly one of gatewayNodepoolName and gatewayVmssProfile/],
  ['an empty profile alone', { gatewayVmssProfile: {} }, /exactly one of gatewayNodepoolName and gatewayVmssProfile/],
  ['both', { gatewayNodepoolName: 'pool', gatewayVmssProfile: vmssProfile }, /exactly one of gatewayNodepoolName/],
  ['half a profile', { gatewayVmssProfile: { vmssName: 'v' } }, /are needed together/],
  [
    'a prefix size of 27',
    { gatewayVmssProfile: { ...vmssProfile, publicIpPrefixSize: 27 } },
    /publicIpPrefixSize.*greater than or equal to 28/,
  ],
  [
    'a prefix size of 32',
    { gatewayVmssProfile: { ...vmssProfile, publicIpPrefixSize: 32 } },
    /publicIpPrefixSize.*less than or equal to 31/,
  ],
  ['a pool name with capitals', { gatewayNodepoolName: 'Pool' }, /gatewayNodepoolName/],
  [
    'a brought prefix in private-IP mode',
    { gatewayNodepoolName: 'pool', provisionPublicIps: false, publicIpPrefixId: prefixId },
    /publicIpPrefixId cannot be used with provisionPublicIps: false/,
  ],
  [
    'a prefix id that is none',
    { gatewayNodepoolName: 'pool', publicIpPrefixId: 'my-prefix' },
    /must have the form \/subscriptions/,
  ],
  ['an address without a length', { gatewayNodepoolName: 'pool', excludeCidrs: ['10.0.0.1'] }, /excludeCidrs\[0\]/],
  ['an IPv6 network', { gatewayNodepoolName: 'pool', excludeCidrs: ['fd00::/8'] }, /excludeCidrs\[0\]/],
  ['a length of 33', { gatewayNodepoolName: 'pool', excludeCidrs: ['10.0.0.0/33'] }, /excludeCidrs\[0\]/],
  [
    '257 networks',
    { gatewayNodepoolName: 'pool', excludeCidrs: Array.from({ length: 257 }, () => '10.0.0.0/8') },
    /excludeCidrs.*at most 256/,
  ],
  ['an unknown route', { gatewayNodepoolName: 'pool', defaultRoute: 'internet' }, /defaultRoute/],
];

for (const [what, spec, message] of refused) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(createSgc('refused', spec), (error) => {
      assert.ok(isError(error, 'InvalidObject'), String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

test('pool and profile cannot be changed, everything else can', async () => {
  const byPool = await createSgc('immutable-pool', { gatewayNodepoolName: 'pool' });
  const byProfile = await createSgc('immutable-profile', { gatewayVmssProfile: vmssProfile });
  const patch = async ({ metadata }: StaticGatewayConfiguration, spec: object): Promise<StaticGatewayConfiguration> =>
    await server.client.patch<StaticGatewayConfiguration>(staticGatewayConfigurationKind, metadata, { spec });
  await assert.rejects(patch(byPool, { gatewayNodepoolName: 'other' }), /gatewayNodepoolName: .*cannot be changed/);
  await assert.rejects(patch(byPool, { gatewayNodepoolName: null, gatewayVmssProfile: vmssProfile }), /cannot be changed/);
  await assert.rejects(
    patch(byProfile, { gatewayVmssProfile: { publicIpPrefixSize: 29 } }),
    /publicIpPrefixSize: .*cannot be changed/,
  );
  await patch(byPool, { gatewayVmssProfile: {} });
  const changed = await patch(byPool, { excludeCidrs: ['10.0.0.0/8'], publicIpPrefixId: prefixId });
  assert.equal(changed.metadata.generation, 3);
});

test('status is written apart from spec and leaves the generation alone', async () => {
  const created = await createSgc('status', { gatewayNodepoolName: 'pool' });
  const written = await server.client.apply<StaticGatewayConfiguration>(
    staticGatewayConfigurationKind,
    {
      metadata: { name: 'status', namespace: 'default' },
      status: {
        egressIpPrefix: '198.51.100.0/31',
        gatewayServerProfile: { ip: '10.224.0.4', port: 6000, publicKey: `${'A'.repeat(43)}=` },
        gateways: [{ node: 'gateway-0', state: 'Ready', endpoint: '10.224.0.4:6000', egressAddress: '198.51.100.0' }],
        conditions: setConditions([], [conditionOf('Ready', 'AllGatewaysReady', 'served by 2 of 2 gateways')], new Date()),
      },
    },
    { fieldManager: 'test', subresource: 'status' },
  );
  assert.equal(written.metadata.generation, created.metadata.generation);
  assert.equal(written.status?.egressIpPrefix, '198.51.100.0/31');
});

test('a condition type that is not ours is refused', async () => {
  await createSgc('conditions', { gatewayNodepoolName: 'pool' });
  const patch = {
    status: {
      conditions: [{ type: 'Other', status: 'True', reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    },
  };
  await assert.rejects(
    server.client.patch(staticGatewayConfigurationKind, { namespace: 'default', name: 'conditions' }, patch, {
      subresource: 'status',
    }),
    /Unsupported value: "Other"/,
  );
});

test('each of the other kinds takes a full object', async () => {
  const publicKey = `${'A'.repeat(43)}=`;
  const metadata = { name: 'node-0', namespace: 'default' };
  const { client } = server;
  await client.create(gatewayVmConfigurationKind, { metadata, spec: { gatewayNodepoolName: 'pool', provisionPublicIps: true } });
  await client.create(gatewayStatusKind, { metadata, spec: { number: 1 } });
  await client.create(egressWorkerKind, {
    metadata,
    spec: { labelBlock: '100.64.0.0/22', labels: [{ namespace: 'default', name: 'a', uid: 'u', address: '100.64.0.1' }] },
  });
  await client.create(podEndpointKind, {
    metadata,
    spec: { staticGatewayConfiguration: 'a', podUid: 'u', nodeName: 'node-0', since: '2026-01-01T00:00:00Z' },
  });
  const options = { fieldManager: 'test', subresource: 'status' } as const;
  await client.apply(
    gatewayStatusKind,
    {
      metadata,
      status: {
        publicKey,
        state: 'Ready',
        configurations: [{ namespace: 'default', name: 'a', uid: 'u', generation: 1, secondaryAddress: '10.224.0.9' }],
        workers: [{ name: 'node-0', generation: 1, publicKey }],
      },
    },
    options,
  );
  await client.apply(
    egressWorkerKind,
    {
      metadata,
      status: { publicKey, endpoints: [{ gateway: 1, endpoint: '10.224.0.5:6101' }], cniChained: true, state: 'Ready' },
    },
    options,
  );
  await client.apply(
    gatewayVmConfigurationKind,
    {
      metadata,
      status: { gatewayVmProfiles: [{ nodeName: 'n', primaryAddress: '10.224.0.4', secondaryAddress: '10.224.0.9' }] },
    },
    options,
  );
  await assert.rejects(
    client.create(gatewayStatusKind, { metadata: { ...metadata, name: 'n' }, spec: { number: 125 } }),
    /less than or equal to 124/,
  );
});
