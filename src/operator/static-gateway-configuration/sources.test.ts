import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { formatKey, type ObjectKey } from '../../kube/object.ts';
import { coalesced } from './sources.ts';

test('keys that come in short order come once, a moment later', async () => {
  const clock = new FakeClock();
  let say: (key: ObjectKey) => void = () => undefined;
  let isSubscribed = false;
  const source = {
    synced: Promise.resolve(),
    subscribe: (enqueue: (key: ObjectKey) => void) => {
      [say, isSubscribed] = [enqueue, true];
      return () => (isSubscribed = false);
    },
  };
  const seen: string[] = [];
  const unsubscribe = coalesced(source, clock).subscribe((key) => seen.push(formatKey(key)));
  for (const name of ['a', 'b', 'a']) say({ namespace: 'ns', name });
  assert.deepEqual(seen, []);
  await clock.advance(250);
  assert.deepEqual(seen, ['ns/a', 'ns/b']);
  say({ namespace: 'ns', name: 'a' });
  await clock.advance(250);
  assert.deepEqual(seen, ['ns/a', 'ns/b', 'ns/a']);
  say({ namespace: 'ns', name: 'b' });
  unsubscribe();
  await clock.advance(250);
  assert.deepEqual([seen.length, isSubscribed], [3, false]);
});
