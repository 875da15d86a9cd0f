import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import type { KubeObject } from '../kube/object.ts';
import { Store } from '../kube/store.ts';
import { StoreArrivals } from './store-arrivals.ts';

function object(name: string, resourceVersion: string): KubeObject {
  return { metadata: { namespace: 'ns', name, uid: name, resourceVersion } };
}

interface Setting {
  readonly store: Store<KubeObject>;
  readonly clock: FakeClock;
  /** Waits for this write; the answer tells whether the wait is over. */
  readonly wait: (written: KubeObject, signal?: AbortSignal) => () => boolean;
}

function setUp(): Setting {
  const store = new Store<KubeObject>();
  const clock = new FakeClock();
  const arrivals = new StoreArrivals(store, clock);
  return {
    store,
    clock,
    wait: (written, signal = new AbortController().signal) => {
      let isOver = false;
      void arrivals.wait(written, signal).then(() => (isOver = true));
      return () => isOver;
    },
  };
}

test('what is there already is not waited for', async () => {
  const { store, wait } = setUp();
  store.set(object('a', '1'));
  const isOver = wait(object('a', '1'));
  await settle();
  assert.ok(isOver());
});

test('a wait ends with the version that was written, not with an older one or another object', async () => {
  const { store, wait } = setUp();
  store.set(object('a', '1'));
  const isOver = wait(object('a', '3'));
  store.set(object('a', '2'));
  store.set(object('b', '3'));
  await settle();
  assert.equal(isOver(), false);
  store.set(object('a', '3'));
  await settle();
  assert.ok(isOver());
});

test('a deletion ends it, so does an abort, and so do two seconds', async () => {
  const { store, clock, wait } = setUp();
  store.set(object('a', '1'));
  const [byDeletion, byTime] = [wait(object('a', '2')), wait(object('b', '2'))];
  const stopping = new AbortController();
  const byAbort = wait(object('c', '2'), stopping.signal);
  store.delete(object('a', '1'));
  stopping.abort();
  await settle();
  assert.deepEqual([byDeletion(), byAbort(), byTime()], [true, true, false]);
  await clock.advance(2000);
  assert.ok(byTime());
});
