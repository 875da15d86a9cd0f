import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { WorkQueue, type WorkOutcome } from './work-queue.ts';

const done: WorkOutcome = { kind: 'done' };
const failed: WorkOutcome = { kind: 'failed' };

function createQueue(): WorkQueue {
  return new WorkQueue({ firstRetryMs: 100, maxRetryMs: 1000, random: () => 1 });
}

test('a key that is added many times is taken once', () => {
  const queue = createQueue();
  for (let i = 0; i < 3; i++) queue.add('a');
  assert.equal(queue.take(0), 'a');
  assert.equal(queue.take(0), undefined);
});

test('keys are taken in the order in which they came', () => {
  const queue = createQueue();
  for (const key of ['b', 'a', 'c', 'a']) queue.add(key);
  assert.deepEqual([queue.take(0), queue.take(0), queue.take(0)], ['b', 'a', 'c']);
});

test('a key that is added while it is in work is due when the work ends, whatever the outcome', () => {
  for (const outcome of [done, failed, { kind: 'again', afterMs: 500 }] satisfies WorkOutcome[]) {
    const queue = createQueue();
    queue.add('a');
    queue.take(0);
    queue.add('a');
    assert.equal(queue.take(0), undefined, 'never twice at a time');
    queue.finish('a', outcome, 10);
    assert.equal(queue.take(10), 'a');
  }
});

test('a failing key comes back after twice the wait each time, up to the limit', () => {
  const queue = createQueue();
  queue.add('a');
  let now = 0;
  const waits = [100, 200, 400, 800, 1000, 1000].map(() => {
    queue.take(now);
    queue.finish('a', failed, now);
    const due = queue.nextDueMs(now) ?? Number.NaN;
    assert.equal(queue.take(due - 1), undefined);
    const wait = due - now;
    now = due;
    return wait;
  });
  assert.deepEqual(waits, [100, 200, 400, 800, 1000, 1000]);
});

test('a success ends the row of failures', () => {
  const queue = createQueue();
  queue.add('a');
  queue.take(0);
  queue.finish('a', failed, 0);
  queue.take(100);
  queue.finish('a', done, 100);
  assert.equal(queue.failuresOf('a'), 0);
  assert.equal(queue.nextDueMs(100), undefined);
});

test('an added key does not wait for its delay', () => {
  const queue = createQueue();
  queue.add('a');
  queue.take(0);
  queue.finish('a', { kind: 'again', afterMs: 5000 }, 0);
  queue.add('a');
  assert.equal(queue.take(1), 'a');
  queue.finish('a', done, 1);
  assert.equal(queue.take(6000), undefined, 'the old delay is gone');
});

test('delayed keys come in the order in which they become due', () => {
  const queue = createQueue();
  for (const [key, afterMs] of [
    ['late', 30],
    ['early', 10],
    ['middle', 20],
  ] as const) {
    queue.add(key);
    queue.take(0);
    queue.finish(key, { kind: 'again', afterMs }, 0);
  }
  assert.deepEqual([queue.take(30), queue.take(30), queue.take(30)], ['early', 'middle', 'late']);
});

const keys = ['a', 'b', 'c'] as const;
const action = fc.oneof(
  fc.record({ do: fc.constant('add' as const), key: fc.constantFrom(...keys) }),
  fc.record({ do: fc.constant('take' as const) }),
  fc.record({
    do: fc.constant('finish' as const),
    key: fc.constantFrom(...keys),
    outcome: fc.oneof(
      fc.constant(done),
      fc.constant(failed),
      fc.record({ kind: fc.constant('again' as const), afterMs: fc.nat(50) }),
    ),
  }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.nat(200) }),
);

test('whatever happens, no key is in work twice and no addition is lost', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const queue = createQueue();
      const inWork = new Set<string>();
      /** Added, and not taken since. */
      const owed = new Set<string>();
      let now = 0;
      const take = (): string | undefined => {
        const key = queue.take(now);
        if (key === undefined) return undefined;
        assert.ok(!inWork.has(key), `${key} is in work twice`);
        inWork.add(key);
        owed.delete(key);
        return key;
      };
      for (const step of actions) {
        if (step.do === 'add') {
          queue.add(step.key);
          owed.add(step.key);
        } else if (step.do === 'take') take();
        else if (step.do === 'pass') now += step.ms;
        else if (inWork.delete(step.key)) queue.finish(step.key, step.outcome, now);
      }
      for (const key of inWork) queue.finish(key, done, now);
      inWork.clear();
      while (take() !== undefined);
      assert.deepEqual([...owed], []);
    }),
  );
});
