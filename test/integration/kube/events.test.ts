import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLogger } from '../../../src/base/log.ts';
import { configMapKind } from '../../../src/kube/config-map.ts';
import { eventKind, startEventRecorder, type EventRecorder, type KubeEvent } from '../../../src/kube/events.ts';
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

function startRecorder(): EventRecorder {
  return startEventRecorder({ client: server.client, controller: 'example.com/test', instance: 'test-0', log });
}

async function eventsOf(name: string): Promise<readonly KubeEvent[]> {
  const { items } = await server.client.list(eventKind, { namespace: 'default' });
  return items.filter(({ regarding }) => regarding?.name === name);
}

const occurrence = { type: 'Warning', reason: 'CloudError', action: 'CreatePrefix', note: 'no address left' } as const;

test('what happens five times is one event with a count, something else is another event', async () => {
  const object = await applyConfigMap(server.client, 'eventful');
  const recorder = startRecorder();
  for (let time = 0; time < 5; time++) recorder.record(configMapKind, object, occurrence);
  recorder.record(configMapKind, object, { ...occurrence, note: 'permission missing' });
  await recorder.stop();
  const events = await eventsOf('eventful');
  const counts = new Map(events.map(({ note, series }) => [note, series?.count]));
  assert.deepEqual(
    counts,
    new Map([
      ['no address left', 5],
      ['permission missing', undefined],
    ]),
  );
  assert.equal(events[0]?.regarding?.uid, object.metadata.uid);
});

test('an event that the API server refuses disturbs nobody', async () => {
  const object = await applyConfigMap(server.client, 'refused');
  const recorder = startRecorder();
  recorder.record(configMapKind, object, { ...occurrence, reason: '' });
  recorder.record(configMapKind, object, { ...occurrence, note: 'x'.repeat(5000) });
  await recorder.stop();
  assert.deepEqual(
    (await eventsOf('refused')).map(({ note }) => note?.length),
    [1024],
  );
});
