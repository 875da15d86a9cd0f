import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeEvents, eventsOf, eventsToStart, type MaintenanceEvent } from './maintenance.ts';

const waitMs = 300_000;
const own = (change: Partial<MaintenanceEvent> = {}): MaintenanceEvent => ({
  id: 'A',
  type: 'Reboot',
  status: 'Scheduled',
  instances: ['pool_0'],
  ...change,
});

const ofInstance: readonly (readonly [what: string, event: MaintenanceEvent, isOwn: boolean])[] = [
  ['an event of the instance', own(), true],
  ['its name in another case', own({ instances: ['POOL_0'] }), true],
  ['an event that has begun', own({ status: 'Started' }), true],
  ['an event of a kind that nobody knew', own({ type: 'Hibernate' }), true],
  ['an event of several', own({ instances: ['pool_1', 'pool_0'] }), true],
  ['an event of another instance', own({ instances: ['pool_1'] }), false],
  ['an event that is over', own({ status: 'Completed' }), false],
];

for (const [what, event, isOwn] of ofInstance)
  test(`${what} ${isOwn ? 'makes' : 'does not make'} its gateway drain`, () => {
    assert.deepEqual(eventsOf('pool_0', [event]), isOwn ? [event] : []);
  });

const toStart: readonly (readonly [
  what: string,
  event: MaintenanceEvent,
  isDrained: boolean,
  waitedMs: number,
  isStarted: boolean,
])[] = [
  ['a gateway that is drained', own(), true, 0, true],
  ['a gateway with connections', own(), false, waitMs - 1, false],
  ['a gateway with connections whose time is over', own(), false, waitMs, true],
  ['a gateway whose event has begun', own({ status: 'Started' }), true, 0, false],
  ['a gateway that is hit together with others', own({ instances: ['pool_0', 'pool_1'] }), true, waitMs, false],
];

for (const [what, event, isDrained, waitedMs, isStarted] of toStart)
  test(`${what} ${isStarted ? 'agrees' : 'does not agree'} that it begins`, () => {
    const facts = { events: [event], seenAtMs: new Map([['A', 1000]]), nowMs: 1000 + waitedMs, isDrained, waitMs };
    assert.deepEqual(eventsToStart(facts), isStarted ? ['A'] : []);
  });

test('the reason names each event', () => {
  assert.equal(describeEvents([]), undefined);
  assert.equal(
    describeEvents([own(), own({ id: 'B', type: 'Freeze', status: 'Started' })]),
    'scheduled event Reboot (Scheduled, A), Freeze (Started, B)',
  );
});
