import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { KubeObject } from './object.ts';
import { Store, type Change } from './store.ts';

interface Pod extends KubeObject {
  readonly node: string;
}

function pod(name: string, resourceVersion: string, { node = 'n', uid = 'u' } = {}): Pod {
  return { metadata: { namespace: 'ns', name, uid, resourceVersion }, node };
}

function createStore(): { store: Store<Pod, 'node'>; changes: string[] } {
  const store = new Store<Pod, 'node'>([['node', ({ node }) => [node]]]);
  const changes: string[] = [];
  store.subscribe((change) => changes.push(textOf(change)));
  return { store, changes };
}

function textOf({ type, object: { metadata } }: Change<Pod>): string {
  return `${type} ${metadata.name}@${metadata.resourceVersion ?? ''}`;
}

test('a new list reports what was added, what changed and what vanished', () => {
  const { store, changes } = createStore();
  store.replace([pod('a', '1'), pod('b', '1'), pod('c', '1')]);
  changes.length = 0;
  store.replace([pod('a', '1'), pod('b', '2'), pod('d', '3')]);
  assert.deepEqual(changes, ['deleted c@1', 'updated b@2', 'added d@3']);
});

test('whoever hears of a change of a list sees the whole list', () => {
  const { store } = createStore();
  store.replace([pod('a', '1'), pod('b', '1')]);
  const sizes: number[] = [];
  store.subscribe(() => sizes.push(store.size));
  sizes.length = 0;
  store.replace([pod('c', '2'), pod('d', '2'), pod('e', '2')]);
  assert.deepEqual(new Set(sizes), new Set([3]));
});

test('the version that is there already is no change', () => {
  const { store, changes } = createStore();
  store.set(pod('a', '1'));
  store.set(pod('a', '1'));
  assert.deepEqual(changes, ['added a@1']);
});

test('another object of the same name is a change, also with the same version', () => {
  const { store, changes } = createStore();
  store.set(pod('a', '1', { uid: 'first' }));
  store.set(pod('a', '1', { uid: 'second' }));
  assert.deepEqual(changes, ['added a@1', 'updated a@1']);
});

test('who subscribes late hears of everything that is there', () => {
  const { store } = createStore();
  store.replace([pod('a', '1'), pod('b', '1')]);
  const heard: string[] = [];
  const unsubscribe = store.subscribe((change) => heard.push(textOf(change)));
  unsubscribe();
  store.set(pod('c', '1'));
  assert.deepEqual(heard, ['added a@1', 'added b@1']);
});

test('an index follows its objects from value to value', () => {
  const { store } = createStore();
  store.set(pod('a', '1', { node: 'x' }));
  store.set(pod('b', '1', { node: 'x' }));
  store.set(pod('a', '2', { node: 'y' }));
  store.delete(pod('b', '3', { node: 'x' }));
  assert.deepEqual(store.byIndex('node', 'x'), []);
  assert.deepEqual(
    store.byIndex('node', 'y').map(({ metadata }) => metadata.name),
    ['a'],
  );
});

test('after any sequence of changes, the index equals a search through all objects', () => {
  const change = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    node: fc.constantFrom('x', 'y'),
    does: fc.constantFrom('set', 'delete', 'replace'),
  });
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const { store } = createStore();
      for (const [version, { name, node, does }] of changes.entries()) {
        const object = pod(name, String(version), { node });
        if (does === 'replace') store.replace([object]);
        else if (does === 'set') store.set(object);
        else store.delete(object);
      }
      for (const node of ['x', 'y'])
        assert.deepEqual(new Set(store.byIndex('node', node)), new Set(store.list().filter((object) => object.node === node)));
    }),
  );
});
