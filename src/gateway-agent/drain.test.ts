import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { createLogger } from '../base/log.ts';
import { startDrain, type Drain } from './drain.ts';
import type { Flow } from './live-flows.ts';

const label = '100.64.4.2';
const open: Flow = { id: 'a', source: label, isOver: false, packets: 1 };
const over: Flow = { ...open, isOver: true };
const ofWorker: Flow = { ...open, id: 'probe', source: '100.64.4.1' };

/** A gateway, what it is told, and what its kernel has. */
interface World {
  readonly clock: FakeClock;
  readonly drain: Drain;
  why: string | undefined;
  list: () => readonly Flow[];
}

function createWorld(): World {
  const clock = new FakeClock();
  const drain = startDrain({
    why: () => world.why,
    flows: { list: () => world.list() },
    isLabel: (source) => source === label,
    idleMs: 30_000,
    onChange: () => undefined,
    clock,
    log: createLogger('test', { level: 'silent' }),
  });
  const world: World = { clock, drain, why: undefined, list: () => [] };
  return world;
}

const why = 'the node is cordoned';

async function begin(world: World): Promise<void> {
  world.why = why;
  world.drain.update();
  await world.clock.advance(1);
}

test('a gateway without a reason does not drain', () => {
  const world = createWorld();
  world.drain.update();
  assert.equal(world.drain.state, undefined);
});

test('one without connections is drained only when everybody has heard that it drains', async () => {
  const world = createWorld();
  await begin(world);
  assert.deepEqual(world.drain.state, { why, connections: 0, isDrained: false });
  await world.clock.advance(2000);
  assert.equal(world.drain.state?.isDrained, false);
  await world.clock.advance(2000);
  assert.deepEqual(world.drain.state, { why, connections: 0, isDrained: true });
});

test('one with connections is drained a while after the last of them', async () => {
  const world = createWorld();
  let packets = 0;
  world.list = () => [{ ...open, packets: (packets += 1) }];
  await begin(world);
  await world.clock.advance(60_000);
  assert.deepEqual(world.drain.state, { why, connections: 1, isDrained: false });
  world.list = () => [over];
  await world.clock.advance(1000);
  assert.deepEqual(world.drain.state, { why, connections: 0, isDrained: false });
  await world.clock.advance(3000);
  assert.deepEqual(world.drain.state, { why, connections: 0, isDrained: true });
});

test('one that gets connections again, as the last gateway does, is drained no longer', async () => {
  const world = createWorld();
  await begin(world);
  await world.clock.advance(5000);
  world.list = () => [open];
  await world.clock.advance(1000);
  assert.deepEqual(world.drain.state, { why, connections: 1, isDrained: false });
});

test('what workers themselves send by the tunnel is no connection', async () => {
  const world = createWorld();
  world.list = () => [ofWorker];
  await begin(world);
  await world.clock.advance(5000);
  assert.equal(world.drain.state?.isDrained, true);
});

test('one whose connections cannot be counted is not drained', async () => {
  const world = createWorld();
  world.list = () => {
    throw new Error('refused');
  };
  await begin(world);
  await world.clock.advance(60_000);
  assert.deepEqual(world.drain.state, { why, connections: undefined, isDrained: false });
  world.list = () => [];
  await world.clock.advance(5000);
  assert.equal(world.drain.state?.isDrained, true);
});

test('without its reason it is ready again, and a second drain begins anew', async () => {
  const world = createWorld();
  await begin(world);
  await world.clock.advance(5000);
  world.why = undefined;
  world.drain.update();
  const { state } = world.drain;
  assert.equal(state, undefined);
  await begin(world);
  assert.deepEqual(world.drain.state, { why, connections: 0, isDrained: false });
});

test('another reason changes the words only', async () => {
  const world = createWorld();
  await begin(world);
  await world.clock.advance(5000);
  world.why = 'scheduled event Reboot';
  world.drain.update();
  assert.deepEqual(world.drain.state, { why: world.why, connections: 0, isDrained: true });
});
