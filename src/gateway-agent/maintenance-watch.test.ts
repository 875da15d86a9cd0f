import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { createLogger } from '../base/log.ts';
import type { MaintenanceEvent } from './maintenance.ts';
import { startMaintenanceWatch, type MaintenanceWatch } from './maintenance-watch.ts';

const reboot: MaintenanceEvent = { id: 'A', type: 'Reboot', status: 'Scheduled', instances: ['pool_0'] };
const why = 'scheduled event Reboot (Scheduled, A)';

/** A machine, and what its metadata service says. */
interface World {
  readonly clock: FakeClock;
  readonly watch: MaintenanceWatch;
  events: readonly MaintenanceEvent[];
  started: readonly string[];
  isServiceUp: boolean;
  isDrained: boolean;
  changes: number;
}

interface Beginning {
  readonly remembered?: string;
  readonly isServiceUp?: boolean;
}

function createWorld(context: TestContext, { remembered, isServiceUp = true }: Beginning = {}): World {
  const clock = new FakeClock();
  const state = { events: [], started: [], isServiceUp, isDrained: false, changes: 0 };
  const answer = async <T>(value: () => T): Promise<T> => {
    if (!world.isServiceUp) throw new Error('refused');
    return Promise.resolve(value());
  };
  const world: World = Object.assign(state, {
    clock,
    watch: startMaintenanceWatch({
      service: {
        instanceName: () => answerLater(() => answer(() => 'pool_0')),
        events: () => answer(() => world.events),
        start: (ids) =>
          answer(() => {
            world.started = [...world.started, ...ids];
            world.events = world.events.map((event) => ({ ...event, status: 'Started' }));
          }),
      },
      remembered,
      isDrained: () => world.isDrained,
      waitMs: 300_000,
      onChange: () => (world.changes += 1),
      clock,
      log: createLogger('test', { level: 'silent' }),
    }),
  });
  context.after(() => world.watch.stop());
  return world;
}

/** The first request is sent while the world is still being made. */
async function answerLater<T>(answer: () => Promise<T>): Promise<T> {
  await Promise.resolve();
  return answer();
}

test('an event is heard, agreed to once when the gateway is drained, and forgotten when it is over', async (context) => {
  const world = createWorld(context);
  await world.clock.advance(1000);
  assert.equal(world.watch.why, undefined);
  world.events = [reboot];
  await world.clock.advance(60_000);
  assert.deepEqual([world.watch.why, world.started, world.changes], [why, [], 1]);
  world.isDrained = true;
  await world.clock.advance(10_000);
  assert.deepEqual([world.watch.why, world.started], ['scheduled event Reboot (Started, A)', ['A']]);
  world.events = [];
  await world.clock.advance(2000);
  assert.equal(world.watch.why, undefined);
});

test('a gateway that is never drained agrees after its time', async (context) => {
  const world = createWorld(context);
  world.events = [reboot];
  await world.clock.advance(299_000);
  assert.deepEqual(world.started, []);
  await world.clock.advance(10_000);
  assert.deepEqual(world.started, ['A']);
});

test('what an earlier agent heard holds until the service answers', async (context) => {
  const world = createWorld(context, { remembered: why, isServiceUp: false });
  await world.clock.advance(600_000);
  assert.deepEqual([world.watch.why, world.changes], [why, 0]);
  world.isServiceUp = true;
  await world.clock.advance(60_000);
  assert.equal(world.watch.why, undefined);
});
