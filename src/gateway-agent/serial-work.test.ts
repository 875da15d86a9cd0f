import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { SerialWork } from './serial-work.ts';

test('many requests are one run, at the time of the earliest', async () => {
  const clock = new FakeClock();
  const runs: number[] = [];
  const work = new SerialWork(() => Promise.resolve(void runs.push(clock.nowMs())), clock);
  for (const delayMs of [100, 20, 50]) work.request(delayMs);
  await clock.advance(200);
  assert.deepEqual(runs, [20]);
});

test('a run that is asked for during another one follows it', async () => {
  const clock = new FakeClock();
  let running = 0;
  let runs = 0;
  const ends: (() => void)[] = [];
  const work = new SerialWork(async () => {
    runs += 1;
    running += 1;
    assert.equal(running, 1);
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
  }, clock);
  work.request(0);
  await clock.advance(0);
  work.request(10);
  await clock.advance(50);
  assert.equal(runs, 1);
  ends.shift()?.();
  await settle();
  await clock.advance(0);
  assert.equal(runs, 2);
  ends.shift()?.();
});

test('stopped, it waits for the run under way and begins no other', async () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  const work = new SerialWork(async (signal) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    seen.push('ended');
  }, clock);
  work.request(0);
  await clock.advance(0);
  work.request(0);
  await work.stop();
  seen.push('stopped');
  await clock.advance(100);
  assert.deepEqual(seen, ['ended', 'stopped']);
});
