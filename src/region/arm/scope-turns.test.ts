import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScopeTurns } from './scope-turns.ts';

const place = (resourceId: string, scope = resourceId): { resourceId: string; scope: string; canCancel: boolean } => ({
  resourceId,
  scope,
  canCancel: true,
});

async function untilAborted(signal: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve('aborted');
    });
  });
}

test('work of one scope waits for what came before, in any spelling; that of another scope does not', async () => {
  const turns = createScopeTurns();
  const gate = Promise.withResolvers<undefined>();
  const order: string[] = [];
  const first = turns.take(place('a', '/Scope'), async () => {
    await gate.promise;
    order.push('first');
  });
  const second = turns.take(place('b', '/scope'), async () => {
    order.push('second');
  });
  await turns.take(place('c', '/other'), async () => {
    order.push('other');
  });
  gate.resolve(undefined);
  await Promise.all([first, second]);
  assert.deepEqual(order, ['other', 'first', 'second']);
});

test('cancelling reaches what runs and what waits for the resource, and nothing else', async () => {
  const turns = createScopeTurns();
  const running = turns.take(place('/a', 's'), untilAborted);
  const waiting = turns.take(place('/a', 's'), async (signal) => signal.aborted);
  const deletion = turns.take({ ...place('/a', 's'), canCancel: false }, async (signal) => signal.aborted);
  const other = turns.take(place('/b', 's'), async (signal) => signal.aborted);
  await new Promise(setImmediate);
  turns.cancel('/A');
  assert.deepEqual(await Promise.all([running, waiting, deletion, other]), ['aborted', true, false, false]);
});

test('what is settled has ended, and the scope is free again', async () => {
  const turns = createScopeTurns();
  let hasEnded = false;
  void turns.take(place('a'), async () => {
    await new Promise(setImmediate);
    hasEnded = true;
  });
  await turns.settled();
  assert.ok(hasEnded);
  assert.equal(await turns.take(place('a'), async () => 'next'), 'next');
});
