import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machineInstance } from '../../../test/support/example-metadata.ts';
import { exampleScaleSet, exampleSetId, viewOf } from '../../../test/support/example-scale-set.ts';
import { openDatabase } from '../arm/database.ts';
import type { StoredResource } from '../arm/resource.ts';
import { createScheduledEvents, type ScheduledEvents } from './scheduled-events.ts';

const instanceId = `${exampleSetId}/virtualMachines/0`;
const uid = 'u';
const both = [exampleScaleSet({ capacity: 2 }), machineInstance('0'), machineInstance('1')];

interface World {
  readonly events: ScheduledEvents;
  /** The same database, opened again over these resources. */
  readonly reopen: (resources: readonly StoredResource[]) => ScheduledEvents;
  readonly wait: (ms: number) => void;
}

async function createWorld(): Promise<World> {
  const database = await openDatabase(':memory:');
  let time = Date.parse('2026-03-01T10:00:00Z');
  const reopen = (resources: readonly StoredResource[]): ScheduledEvents =>
    createScheduledEvents({ database, view: viewOf(resources), now: () => new Date(time) });
  return {
    events: reopen(both),
    reopen,
    wait(ms) {
      time += ms;
    },
  };
}

const statuses = (events: ScheduledEvents): readonly string[] => events.list().map(({ status }) => status);

test('an event starts when its time has come, and the document grows once', async () => {
  const { events, wait } = await createWorld();
  events.announce({ instanceId, type: 'Preempt' });
  wait(29_999);
  assert.deepEqual(statuses(events), ['Scheduled']);
  assert.equal(events.documentOf(uid).incarnation, 2);
  wait(1);
  assert.deepEqual(statuses(events), ['Started']);
  assert.equal(events.documentOf(uid).incarnation, 3);
  assert.equal(events.documentOf(uid).incarnation, 3);
});

test('events and the number of their document survive a restart', async () => {
  const { events, reopen } = await createWorld();
  const event = events.announce({
    instanceId: instanceId.toUpperCase(),
    type: 'Freeze',
    notBefore: new Date('2026-03-02T00:00:00Z'),
  });
  assert.equal(event.notBefore, '2026-03-02T00:00:00.000Z');
  assert.deepEqual(reopen(both).documentOf(uid), { incarnation: 2, events: [event] });
});

test('an event that is over is gone; to end it again changes nothing', async () => {
  const { events } = await createWorld();
  const { id } = events.announce({ instanceId, type: 'Reboot' });
  events.finish(id);
  events.finish(id);
  assert.deepEqual(events.documentOf(uid), { incarnation: 3, events: [] });
});

test('events of an instance go with it', async () => {
  const { events, reopen } = await createWorld();
  events.announce({ instanceId, type: 'Terminate' });
  const without = reopen(both.filter(({ id }) => id !== instanceId));
  assert.deepEqual(without.documentOf(uid), { incarnation: 3, events: [] });
});

test('an acknowledgement with one unknown id changes nothing; twice is once', async () => {
  const { events } = await createWorld();
  const { id } = events.announce({ instanceId, type: 'Reboot' });
  assert.throws(() => events.acknowledge(uid, [id, 'unknown']), { code: 'InvalidParameter' });
  assert.throws(() => events.acknowledge('another set', [id]), { code: 'InvalidParameter' });
  assert.deepEqual(statuses(events), ['Scheduled']);
  events.acknowledge(uid, [id]);
  events.acknowledge(uid, [id]);
  assert.equal(events.documentOf(uid).incarnation, 3);
});

test('an instance that is not there gets no event', async () => {
  const { events } = await createWorld();
  assert.throws(() => events.announce({ instanceId: `${exampleSetId}/virtualMachines/7`, type: 'Reboot' }), {
    code: 'ResourceNotFound',
  });
  assert.deepEqual(events.list(), []);
});
