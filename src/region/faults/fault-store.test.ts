import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openDatabase } from '../arm/database.ts';
import { faultSpecSchema } from './fault.ts';
import { createFaultStore } from './fault-store.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'segw-faults-'));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
});

const fail = (count: number | 'all') => faultSpecSchema.parse({ kind: 'fail', count });

test('a fault strikes as often as its count says, and then it is gone', async () => {
  const store = createFaultStore(await openDatabase(':memory:'));
  store.add(fail(2));
  const lasting = store.add(fail('all'));
  for (const expected of [[1, undefined], [undefined], [undefined]]) {
    store.strike(store.list());
    assert.deepEqual(
      store.list().map(({ left }) => left),
      expected,
    );
  }
  assert.equal(store.list()[0]?.hits, 3);
  store.remove(lasting.id);
  assert.deepEqual(store.list(), []);
});

test('faults outlive the region, with what is left of them', async () => {
  const path = join(folder, 'region.sqlite');
  const first = await openDatabase(path);
  const store = createFaultStore(first);
  store.add(fail(3));
  store.strike(store.list());
  const before = store.list();
  first.close();
  const second = await openDatabase(path);
  assert.deepEqual(createFaultStore(second).list(), before);
  second.close();
});
