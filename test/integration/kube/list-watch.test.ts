import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { after, afterEach, before, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import { KubeClient, type Selection } from '../../../src/kube/client.ts';
import { configMapKind, type ConfigMap } from '../../../src/kube/config-map.ts';
import { Connection } from '../../../src/kube/connection.ts';
import { startListWatch, type ListWatch } from '../../../src/kube/list-watch.ts';
import { Store, type Change } from '../../../src/kube/store.ts';
import { startApiServer, type ApiServer } from '../../support/api-server.ts';
import { applyConfigMap } from '../../support/config-map.ts';

const log = createLogger('test', { level: 'silent' });
let server: ApiServer;
let running: ListWatch | undefined;

before(async () => {
  server = await startApiServer();
});

afterEach(async () => {
  await running?.stop();
});

after(async () => {
  await server.stop();
});

interface Watched {
  readonly store: Store<ConfigMap>;
  readonly changes: string[];
}

async function follow(client: KubeClient, selection: Selection): Promise<Watched> {
  const store = new Store<ConfigMap>();
  const changes: string[] = [];
  running = startListWatch({ client, kind: configMapKind, selection, store, log });
  await running.synced;
  store.subscribe((change) => changes.push(textOf(change)));
  return { store, changes };
}

function textOf({ type, object: { metadata, data } }: Change<ConfigMap>): string {
  return `${type} ${metadata.name} ${data?.['value'] ?? ''}`.trim();
}

async function awaitChange(changes: readonly string[], change: string): Promise<void> {
  await pollUntil(change, (note) => (note(changes.join(', ')), changes.includes(change) || undefined), {
    timeoutMs: 30_000,
    intervalMs: 10,
  });
}

async function write(name: string, value: string, suite: string): Promise<void> {
  await applyConfigMap(server.client, name, { data: { value }, labels: { suite } });
}

test('additions, changes and deletions arrive in their order; what is not selected does not arrive', async () => {
  await write('first', '1', 'order');
  const { changes } = await follow(server.connect(), { namespace: 'default', labelSelector: 'suite=order' });
  await write('foreign', '1', 'other');
  await write('first', '2', 'order');
  await write('second', '1', 'order');
  await server.client.delete(configMapKind, { namespace: 'default', name: 'first' });
  await awaitChange(changes, 'deleted first 2');
  assert.deepEqual(changes, ['added first 1', 'updated first 2', 'added second 1', 'deleted first 2']);
});

test('a field selector is evaluated by the API server', async () => {
  await write('chosen', '1', 'field');
  await write('other', '1', 'field');
  const { store } = await follow(server.connect(), { namespace: 'default', fieldSelector: 'metadata.name=chosen' });
  assert.deepEqual(
    store.list().map(({ metadata }) => metadata.name),
    ['chosen'],
  );
});

test('objects in the store carry no bookkeeping of server-side apply', async () => {
  await write('slim', '1', 'slim');
  const { store } = await follow(server.connect(), { labelSelector: 'suite=slim' });
  assert.equal(
    store.list().every(({ metadata }) => !('managedFields' in metadata)),
    true,
  );
});

test('it survives a restart of the API server, and hears of what vanished while everything before is compacted away', async () => {
  await write('stays', '1', 'restart');
  await write('vanishes', '1', 'restart');
  const { store, changes } = await follow(server.connect(), { namespace: 'default', labelSelector: 'suite=restart' });
  await server.kill();
  await server.deleteBehind('configmaps/default/vanishes');
  await server.compact();
  await server.start();
  await awaitChange(changes, 'deleted vanishes 1');
  await write('stays', '2', 'restart');
  await awaitChange(changes, 'updated stays 2');
  assert.deepEqual(
    store.list().map(({ metadata }) => metadata.name),
    ['stays'],
  );
  assert.deepEqual(changes, ['added stays 1', 'added vanishes 1', 'deleted vanishes 1', 'updated stays 2']);
});

test('a watch from a version that the API server has forgotten is ResourceExpired', async () => {
  const options = { resourceVersion: '1', timeoutSeconds: 5, silenceTimeoutMs: 10_000 };
  await assert.rejects(Array.fromAsync(server.client.watch(configMapKind, {}, options)), { code: 'ResourceExpired' });
});

test('a stop in the middle of a watch ends at once', async () => {
  await follow(server.connect(), { labelSelector: 'suite=none' });
  await running?.stop();
});

test('a stop while the API server is unreachable ends as well, and the first list is given up', async () => {
  const connection = new Connection({
    server: 'http://127.0.0.1:1',
    readCredentials: () => Promise.resolve({ headers: {} }),
    userAgent: 'test',
  });
  const watch = startListWatch({ client: new KubeClient(connection), kind: configMapKind, store: new Store<ConfigMap>(), log });
  await watch.stop();
  await assert.rejects(watch.synced, /stopped/);
});

test('a damaged line is not skipped: the list-watch lists again', async () => {
  const item = (version: string): ConfigMap => ({
    metadata: { name: 'a', namespace: 'default', uid: 'u', resourceVersion: version },
    data: { value: version },
  });
  let lists = 0;
  const answer = (response: ServerResponse, isWatch: boolean): void => {
    if (isWatch && lists === 1) response.end('{"type":"MODIFIED","object":{"metad\n');
    else if (isWatch) response.write(`${JSON.stringify({ type: 'MODIFIED', object: item('9') })}\n`);
    else response.end(JSON.stringify({ metadata: { resourceVersion: String(++lists) }, items: [item(String(lists))] }));
  };
  const proxy = createServer((request, response) => answer(response, request.url?.includes('watch=true') ?? false));
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const connection = new Connection({
    server: `http://127.0.0.1:${String(port)}`,
    readCredentials: () => Promise.resolve({ headers: {} }),
    userAgent: 'test',
  });
  const { changes } = await follow(new KubeClient(connection), {});
  await awaitChange(changes, 'updated a 9');
  await running?.stop();
  await connection.close();
  proxy.close();
  assert.deepEqual(changes, ['added a 1', 'updated a 2', 'updated a 9']);
});
