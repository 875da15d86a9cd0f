import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { createLogger } from '../base/log.ts';
import { startController, storeSource, type Controller, type ControllerOptions, type Reconciled } from './controller.ts';
import type { KubeObject } from './object.ts';
import { TerminalError, type Reconciler } from './reconciler.ts';
import { Store } from './store.ts';

const log = createLogger('test', { level: 'silent' });
const synced = Promise.resolve();

interface Rig {
  readonly controller: Controller;
  readonly clock: FakeClock;
  readonly ended: Reconciled['outcome'][];
}

function start(reconcile: Reconciler['reconcile'], options: Partial<ControllerOptions> = {}): Rig {
  const clock = new FakeClock();
  const ended: Reconciled['outcome'][] = [];
  const controller = startController({
    name: 'test',
    objectName: 'object',
    reconciler: { reconcile },
    sources: [],
    log,
    clock,
    queue: { firstRetryMs: 100, maxRetryMs: 1000, random: () => 1 },
    onReconciled: ({ outcome }) => ended.push(outcome),
    ...options,
  });
  return { controller, clock, ended };
}

function object(name: string, resourceVersion: string): KubeObject {
  return { metadata: { name, namespace: 'ns', uid: 'u', resourceVersion } };
}

test('nothing is reconciled before every source is synced', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const store = new Store<KubeObject>();
  const seen: string[] = [];
  const source = storeSource(store, { synced: promise });
  const { controller } = start((key) => Promise.resolve(seen.push(key.name)).then(() => ({})), { sources: [source] });
  store.set(object('a', '1'));
  await settle();
  assert.deepEqual(seen, []);
  resolve();
  await settle();
  assert.deepEqual(seen, ['a']);
  await controller.stop();
});

test('an update reconciles what the old version pointed to and what the new one does', async () => {
  const store = new Store<KubeObject>();
  const seen: string[] = [];
  const source = storeSource(store, { synced }, ({ metadata }) => [{ name: `owner-of-${metadata.resourceVersion ?? ''}` }]);
  const { controller } = start((key) => Promise.resolve(seen.push(key.name)).then(() => ({})), { sources: [source] });
  store.set(object('a', '1'));
  await settle();
  store.set(object('a', '2'));
  await settle();
  assert.deepEqual(seen, ['owner-of-1', 'owner-of-1', 'owner-of-2']);
  await controller.stop();
});

test('one key is never worked on twice at a time, and no change is missed', async () => {
  let running = 0;
  let runs = 0;
  const gates: (() => void)[] = [];
  const { controller } = start(
    async () => {
      assert.equal(++running, 1);
      runs++;
      await new Promise<void>((resolve) => gates.push(resolve));
      running--;
      return {};
    },
    { concurrency: 4 },
  );
  controller.enqueue({ name: 'a' });
  await settle();
  controller.enqueue({ name: 'a' });
  controller.enqueue({ name: 'a' });
  await settle();
  assert.equal(runs, 1);
  gates.shift()?.();
  await settle();
  gates.shift()?.();
  await settle();
  assert.equal(runs, 2);
  await controller.stop();
});

test('no more keys than allowed are worked on at a time', async () => {
  const gates: (() => void)[] = [];
  const { controller } = start(() => new Promise((resolve) => gates.push(() => resolve({}))), { concurrency: 2 });
  for (const name of ['a', 'b', 'c']) controller.enqueue({ name });
  await settle();
  assert.equal(gates.length, 2);
  for (const open of gates.splice(0)) open();
  await settle();
  assert.equal(gates.length, 1);
  gates[0]?.();
  await controller.stop();
});

test('a failure is retried with backoff, a terminal one is not', async () => {
  let runs = 0;
  const { controller, clock, ended } = start(() => {
    runs++;
    return Promise.reject(runs < 3 ? new Error('later') : new TerminalError(new Error('never')));
  });
  controller.enqueue({ name: 'a' });
  await clock.advance(99);
  assert.equal(runs, 1);
  await clock.advance(1);
  assert.equal(runs, 2);
  await clock.advance(60_000);
  assert.deepEqual(ended, ['error', 'error', 'terminal']);
  await controller.stop();
});

test('a key comes back after requeueAfterMs', async () => {
  let runs = 0;
  const { controller, clock, ended } = start(() => Promise.resolve(++runs < 3 ? { requeueAfterMs: 1000 } : {}));
  controller.enqueue({ name: 'a' });
  await clock.advance(999);
  assert.equal(runs, 1);
  await clock.advance(10_000);
  assert.deepEqual(ended, ['requeue', 'requeue', 'ok']);
  await controller.stop();
});

test('a reconcile that hangs is aborted after its limit and tried again', async () => {
  let runs = 0;
  const { controller, clock, ended } = start(
    (_, { signal }) => {
      if (++runs > 1) return Promise.resolve({});
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
    },
    { reconcileLimitMs: 5000 },
  );
  controller.enqueue({ name: 'a' });
  await clock.advance(6000);
  assert.deepEqual(ended, ['error', 'ok']);
  await controller.stop();
});

test('stop aborts what runs, waits for its end and starts nothing more', async () => {
  const { promise: hanging, resolve: end } = Promise.withResolvers<void>();
  let runs = 0;
  const { controller } = start(async (_, { signal }) => {
    runs++;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await hanging;
    return { requeueAfterMs: 0 };
  });
  controller.enqueue({ name: 'a' });
  await settle();
  let isStopped = false;
  const stopped = controller.stop().then(() => (isStopped = true));
  controller.enqueue({ name: 'b' });
  await settle();
  assert.equal(isStopped, false);
  end();
  await stopped;
  assert.equal(runs, 1);
});
