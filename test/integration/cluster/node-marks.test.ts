import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { staticGatewayConfigurationKind } from '../../../src/api/static-gateway-configuration.ts';
import { namespaceKind, nodeKind } from '../../../src/cluster/cluster-objects.ts';
import { listPoolUsers } from '../../../src/cluster/feature/pool-users.ts';
import { ensureNode } from '../../../src/cluster/node-readiness.ts';
import { leaseKind, toMicroTime } from '../../../src/kube/lease.ts';
import { type ApiServer, installKinds, startApiServer } from '../../support/api-server.ts';
import { exampleCluster, exampleGatewayNode } from '../../support/example-cluster.ts';

const { signal } = new AbortController();
const { name } = exampleGatewayNode;

let server: ApiServer;

before(async () => {
  server = await startApiServer();
});
after(async () => {
  await server.stop();
});

/** A kubelet's part: the node registers with labels and taints, is Ready, and renews its lease in an hour. */
async function register({ client }: ApiServer): Promise<void> {
  const labels = { mine: 'kept', team: 'net' };
  const taints = [
    { key: 'mine', effect: 'NoSchedule' },
    { key: 'dedicated', value: 'net', effect: 'NoSchedule' },
  ];
  await client.create(nodeKind, { metadata: { name, labels }, spec: { taints } });
  const conditions = [{ type: 'Ready', status: 'True', message: '', reason: 'Test' }];
  await client.patch(nodeKind, { name }, { status: { conditions } }, { subresource: 'status' });
  const namespace = 'kube-node-lease';
  await client.apply(namespaceKind, { metadata: { name: namespace } }, { fieldManager: 'test' });
  const renewTime = toMicroTime(new Date(Date.now() + 3_600_000));
  const spec = { holderIdentity: name, leaseDurationSeconds: 8, renewTime };
  await client.create(leaseKind, { metadata: { namespace, name }, spec });
}

test('labels and taints that a pool had once go off a node that runs, those of others stay', async () => {
  await register(server);
  const node = { ...exampleGatewayNode, formerLabels: ['team'], formerTaints: ['dedicated=net:NoSchedule'] };
  for (const round of ['first', 'second']) {
    await ensureNode(exampleCluster, node, { client: server.client, since: new Date(), signal });
    const { metadata, spec } = await server.client.get(nodeKind, { name });
    const { mine, team, 'kubernetes.azure.com/mode': mode } = metadata.labels ?? {};
    assert.deepEqual([mine, team, mode], ['kept', undefined, 'gateway'], round);
    assert.deepEqual(
      spec?.taints?.map(({ key, effect }) => `${key}:${effect}`),
      // The API server's own admission puts the last one on every new node.
      ['mine:NoSchedule', 'node.kubernetes.io/not-ready:NoSchedule', 'kubernetes.azure.com/mode:NoSchedule'],
      round,
    );
  }
});

test('who uses a gateway pool is asked of the API server, also when the kind is not installed', async () => {
  const pool = { nodepool: 'gw', scaleSet: 'aks-gw-12345678-vmss', scaleSetResourceGroup: 'MC_rg_c1_local' };
  assert.deepEqual(await listPoolUsers(server.client, pool, signal), []);
  await installKinds(server.client, [staticGatewayConfigurationKind]);
  for (const [configuration, gatewayNodepoolName] of [
    ['one', 'gw'],
    ['two', 'gw2'],
  ] as const)
    await server.client.apply(
      staticGatewayConfigurationKind,
      {
        metadata: { namespace: 'default', name: configuration },
        spec: { gatewayNodepoolName, provisionPublicIps: true, defaultRoute: 'staticEgressGateway' },
      },
      { fieldManager: 'test' },
    );
  assert.deepEqual(await listPoolUsers(server.client, pool, signal), ['default/one']);
});

test('an API server that is gone is told apart', async () => {
  await server.kill();
  const pool = { nodepool: 'gw', scaleSet: '', scaleSetResourceGroup: '' };
  await assert.rejects(listPoolUsers(server.client, pool, signal), { code: 'ApiServerUnreachable' });
});
