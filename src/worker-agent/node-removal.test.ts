import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { createLogger } from '../base/log.ts';
import { NodeRemoval } from './node-removal.ts';

const log = createLogger('test', { level: 'silent' });

function rig() {
  const clock = new FakeClock();
  const calls: string[] = [];
  const failures = new Set<string>();
  const call = async (name: string): Promise<void> => {
    calls.push(name);
    if (failures.delete(name)) throw new Error('refused');
  };
  const options = { remove: () => call('remove'), restore: () => call('restore'), onChange: () => void calls.push('change') };
  return { removal: new NodeRemoval({ ...options, clock, log }), clock, calls, failures };
}

test('what is wanted is done once, and undone once', async () => {
  const { removal, clock, calls } = rig();
  removal.setWanted(false);
  for (const isWanted of [true, true, false, false]) {
    removal.setWanted(isWanted);
    await clock.advance(0);
    assert.equal(removal.isDone, isWanted);
  }
  assert.deepEqual(calls, ['remove', 'change', 'restore', 'change']);
});

test('what fails is tried again, and undone also after half of it', async () => {
  const { removal, clock, calls, failures } = rig();
  failures.add('remove');
  removal.setWanted(true);
  await clock.advance(0);
  assert.equal(removal.isDone, false);
  await clock.advance(1000);
  assert.equal(removal.isDone, true);
  removal.setWanted(false);
  await clock.advance(0);
  failures.add('remove');
  removal.setWanted(true);
  await clock.advance(0);
  removal.setWanted(false);
  await clock.advance(1000);
  assert.deepEqual(
    calls.filter((name) => name !== 'change'),
    ['remove', 'remove', 'restore', 'remove', 'restore'],
  );
});

test('a wish that changes meanwhile counts', async () => {
  const { removal, clock, calls } = rig();
  removal.setWanted(true);
  removal.setWanted(false);
  await clock.advance(0);
  assert.deepEqual(calls, ['remove', 'change', 'restore', 'change']);
  assert.equal(removal.isDone, false);
  await removal.stop();
});
