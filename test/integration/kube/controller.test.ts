import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { pollUntil } from '../../../src/base/poll.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { configMapKind, type ConfigMap } from '../../../src/kube/config-map.ts';
import { startController, storeSource, type Controller } from '../../../src/kube/controller.ts';
import { startListWatch, type ListWatch } from '../../../src/kube/list-watch.ts';
import type { Reconciler } from '../../../src/kube/reconciler.ts';
import { Store } from '../../../src/kube/store.ts';
import { startApiServer, type ApiServer } from '../../support/api-server.ts';
import { applyConfigMap } from '../../support/config-map.ts';

const log = createLogger('test', { level: 'silent' });
let server: ApiServer;

before(async () => {
  server = await startApiServer();
});

after(async () => {
  await server.stop();
});

/** Keeps a copy of each original; the copy goes with it. */
function mirror(client: KubeClient, store: Store<ConfigMap>): Reconciler {
  return {
    reconcile: async (key, { signal }) => {
      const copyKey = { ...key, name: `copy-of-${key.name}` };
      const original = store.get(key);
      if (original === undefined) await client.delete(configMapKind, copyKey, { signal });
      else
        await client.apply(
          configMapKind,
          { metadata: { ...copyKey, labels: { mirror: 'copy' } }, data: original.data ?? {} },
          { fieldManager: 'mirror', signal },
        );
      return {};
    },
  };
}

function startMirror(client: KubeClient): { readonly controller: Controller; readonly watch: ListWatch } {
  const store = new Store<ConfigMap>();
  const watch = startListWatch({ client, kind: configMapKind, selection: { labelSelector: 'mirror=original' }, store, log });
  const controller = startController({
    name: 'mirror',
    objectName: 'configMap',
    reconciler: mirror(client, store),
    sources: [storeSource(store, watch)],
    log,
    concurrency: 4,
    queue: { maxRetryMs: 2000 },
  });
  return { controller, watch };
}

async function contents(label: string): Promise<Record<string, string | undefined>> {
  const { items } = await server.client.list(configMapKind, { labelSelector: `mirror=${label}` });
  return Object.fromEntries(items.map(({ metadata, data }) => [metadata.name.replace('copy-of-', ''), data?.['value']]));
}

async function awaitMirrored(): Promise<void> {
  await pollUntil(
    'the copies equal the originals',
    async (note) => {
      const [originals, copies] = await Promise.all([contents('original'), contents('copy')]);
      note(JSON.stringify({ originals, copies }));
      return JSON.stringify(sorted(originals)) === JSON.stringify(sorted(copies)) ? true : undefined;
    },
    { timeoutMs: 30_000 },
  );
}

function sorted(record: Record<string, unknown>): unknown[] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

async function write(name: string, value: string): Promise<void> {
  await applyConfigMap(server.client, name, { data: { value }, labels: { mirror: 'original' } });
}

test('after a storm of changes the last state stands, and nothing that was deleted is left', async () => {
  const { controller, watch } = startMirror(server.connect());
  await Promise.all(
    ['a', 'b', 'c', 'd', 'e'].map(async (name) => {
      for (let round = 0; round < 20; round++) await write(name, String(round));
      if (name === 'c') await server.client.delete(configMapKind, { namespace: 'default', name });
    }),
  );
  await awaitMirrored();
  assert.deepEqual(sorted(await contents('copy')), [
    ['a', '19'],
    ['b', '19'],
    ['d', '19'],
    ['e', '19'],
  ]);
  await controller.stop();
  await watch.stop();
});

test('a restart of the API server in the middle of the work is made good', async () => {
  const { controller, watch } = startMirror(server.connect());
  await watch.synced;
  for (let round = 0; round < 10; round++) await write('f', String(round));
  await server.kill();
  await server.start();
  await write('f', 'last');
  await write('g', 'first');
  await awaitMirrored();
  assert.equal((await contents('copy'))['f'], 'last');
  await controller.stop();
  await watch.stop();
});
