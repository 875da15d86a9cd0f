import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ErrorCode } from '../../../src/base/error-codes.ts';
import { isError } from '../../../src/kube/api-error.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import { configMapKind } from '../../../src/kube/config-map.ts';
import { ensureFinalizer, isBeingDeleted, removeFinalizer } from '../../../src/kube/finalizers.ts';
import { listAll } from '../../../src/kube/list-watch.ts';
import type { KubeObject } from '../../../src/kube/object.ts';
import { controllerReference } from '../../../src/kube/owner-reference.ts';
import type { ResourceKind } from '../../../src/kube/resource.ts';
import { connectByServiceAccount } from '../../../src/kube/service-account.ts';
import { startApiServer, type ApiServer } from '../../support/api-server.ts';
import { applyConfigMap } from '../../support/config-map.ts';

let server: ApiServer;

before(async () => {
  server = await startApiServer();
});

after(async () => {
  await server.stop();
});

interface WithSpec extends KubeObject {
  readonly spec?: object;
}
const core = { group: '', version: 'v1', namespaced: true };
const podKind: ResourceKind<WithSpec> = { ...core, kind: 'Pod', plural: 'pods' };
const serviceAccountKind: ResourceKind<WithSpec> = { ...core, kind: 'ServiceAccount', plural: 'serviceaccounts' };
const disruptionBudgetKind: ResourceKind<WithSpec> = {
  ...core,
  group: 'policy',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
};

const at = (name: string): { namespace: string; name: string } => ({ namespace: 'default', name });

async function rejectsWith(code: ErrorCode, call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => isError(error, code) || assert.fail(`${String(error)} is not ${code}`));
}

test('what does not exist is NotFound, or undefined where that is asked for', async () => {
  await rejectsWith('NotFound', server.client.get(configMapKind, at('none')));
  assert.equal(await server.client.find(configMapKind, at('none')), undefined);
  await server.client.delete(configMapKind, at('none'));
});

test('a second object of the name is AlreadyExists', async () => {
  await applyConfigMap(server.client, 'twice');
  await rejectsWith('AlreadyExists', server.client.create(configMapKind, { metadata: at('twice') }));
});

test('an update of an old version is a Conflict', async () => {
  const old = await applyConfigMap(server.client, 'old');
  await applyConfigMap(server.client, 'old', { data: { a: '1' } });
  await rejectsWith('Conflict', server.client.update(configMapKind, { ...old, data: { a: '2' } }));
});

test('a field of another manager is a Conflict unless it is taken over', async () => {
  await applyConfigMap(server.client, 'owned', { data: { a: '1' } });
  const mine = { metadata: at('owned'), data: { a: '2' } };
  await rejectsWith('Conflict', server.client.apply(configMapKind, mine, { fieldManager: 'other', force: false }));
  assert.deepEqual((await server.client.apply(configMapKind, mine, { fieldManager: 'other' })).data, { a: '2' });
});

test('a pod is evicted unless its PodDisruptionBudget keeps it; one that is gone is no error', async () => {
  const { client } = server;
  const labels = { app: 'kept' };
  // No controller manager runs that would make the account `default`.
  await client.create(serviceAccountKind, { metadata: at('default') });
  const spec = { containers: [{ name: 'main', image: 'none' }] };
  for (const name of ['kept', 'free'])
    await client.create(podKind, { metadata: { ...at(name), labels: name === 'kept' ? labels : {} }, spec });
  const budget = { metadata: at('kept'), spec: { maxUnavailable: 0, selector: { matchLabels: labels } } };
  await client.create(disruptionBudgetKind, budget);
  // What the kubelet and the controller would say: a pod that is not ready may always go.
  const running = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  const status = { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };
  await client.patch(disruptionBudgetKind, at('kept'), { status }, { subresource: 'status' });
  await client.patch(podKind, at('kept'), { status: running }, { subresource: 'status' });
  await rejectsWith('TooManyRequests', client.evict(podKind, at('kept')));
  await client.evict(podKind, at('free'));
  assert.equal(await client.find(podKind, at('free')), undefined);
  await client.evict(podKind, at('free'));
});

test('what an apply leaves out, and nobody else owns, goes', async () => {
  await applyConfigMap(server.client, 'shrinks', { data: { a: '1', b: '2' } });
  assert.deepEqual((await applyConfigMap(server.client, 'shrinks', { data: { a: '1' } })).data, { a: '1' });
});

test('what the schema refuses is InvalidObject, with the field', async () => {
  const metadata = { ...at('x'), labels: { 'no good': 'x' } };
  await assert.rejects(
    server.client.create(configMapKind, { metadata }),
    (error) => isError(error, 'InvalidObject') && /metadata\.labels/.test(error.message),
  );
});

test('a user without rights is Forbidden, an unknown one Unauthorized', async () => {
  await rejectsWith('Forbidden', server.connect('nobody').list(configMapKind));
  await rejectsWith('Unauthorized', server.connect('stranger').list(configMapKind));
});

test('a pod connects as its service account, by the files that kubelet mounts', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'segw-token-'));
  const { clusters, users }: KubeConfigFile = JSON.parse(server.kubeConfig);
  const ca = Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64');
  await Promise.all([writeFile(join(directory, 'ca.crt'), ca), writeFile(join(directory, 'token'), `${users[0].user.token}\n`)]);
  const connection = connectByServiceAccount({
    host: '127.0.0.1',
    port: Number(new URL(server.url).port),
    directory,
    userAgent: 'test',
  });
  await new KubeClient(connection).list(configMapKind, { namespace: 'default' });
  await connection.close();
  await rm(directory, { recursive: true });
});

interface KubeConfigFile {
  readonly clusters: readonly [{ readonly cluster: { readonly 'certificate-authority-data': string } }];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

test('a call that is aborted ends with the reason of the signal', async () => {
  const reason = new Error('enough');
  await assert.rejects(server.client.list(configMapKind, {}, { signal: AbortSignal.abort(reason) }), reason);
});

test('a delete with the uid of an earlier object is a Conflict', async () => {
  const { metadata } = await applyConfigMap(server.client, 'precondition');
  await rejectsWith('Conflict', server.client.delete(configMapKind, at('precondition'), { uid: 'another' }));
  await server.client.delete(configMapKind, at('precondition'), metadata.uid === undefined ? {} : { uid: metadata.uid });
  assert.equal(await server.client.find(configMapKind, at('precondition')), undefined);
});

test('a finalizer holds the object until it is removed, and both are idempotent', async () => {
  const finalizer = 'test.example/hold';
  const created = await applyConfigMap(server.client, 'held');
  const held = await ensureFinalizer(server.client, configMapKind, { object: created, finalizer });
  assert.equal(await ensureFinalizer(server.client, configMapKind, { object: held, finalizer }), held);
  await rejectsWith(
    'Conflict',
    ensureFinalizer(server.client, configMapKind, { object: created, finalizer: 'test.example/second' }),
  );
  await server.client.delete(configMapKind, at('held'));
  const dying = await server.client.get(configMapKind, at('held'));
  assert.deepEqual([isBeingDeleted(held), isBeingDeleted(dying)], [false, true]);
  await removeFinalizer(server.client, configMapKind, { object: dying, finalizer });
  await removeFinalizer(server.client, configMapKind, { object: dying, finalizer });
  assert.equal(await server.client.find(configMapKind, at('held')), undefined);
});

test('an owner reference is accepted', async () => {
  const owner = await applyConfigMap(server.client, 'owner');
  const metadata = { ...at('owned-by'), ownerReferences: [controllerReference(configMapKind, owner)] };
  const created = await server.client.create(configMapKind, { metadata });
  assert.equal(created.metadata.ownerReferences?.[0]?.uid, owner.metadata.uid);
});

test('a long list comes page by page, complete and once', async () => {
  const names = Array.from({ length: 1100 }, (_, index) => `page-${String(index)}`);
  const pending = [...names];
  const create = async (): Promise<void> => {
    for (let name = pending.pop(); name !== undefined; name = pending.pop())
      await server.client.create(configMapKind, { metadata: { ...at(name), labels: { page: 'yes' } } });
  };
  await Promise.all(Array.from({ length: 16 }, create));
  const { items } = await listAll(server.client, configMapKind, {
    selection: { namespace: 'default', labelSelector: 'page=yes' },
  });
  assert.deepEqual(items.map(({ metadata }) => metadata.name).toSorted(), names.toSorted());
});
