import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { KeyedLock } from './keyed-lock.ts';

test('work on one key never overlaps and keeps its order, also after a failure', async () => {
  const lock = new KeyedLock();
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} begins`);
    await turn();
    seen.push(`${name} ends`);
    if (name === 'first') throw new Error('first failed');
    return name;
  };
  const results = await Promise.allSettled(['first', 'second', 'third'].map((name) => lock.run('key', work(name))));
  assert.deepEqual(seen, ['first begins', 'first ends', 'second begins', 'second ends', 'third begins', 'third ends']);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
  );
});

test('different keys do not wait for each other', async () => {
  const lock = new KeyedLock();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const waiting = lock.run('a', () => promise);
  assert.equal(await lock.run('b', () => Promise.resolve(1)), 1);
  resolve(undefined);
  await waiting;
});
