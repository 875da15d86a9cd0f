import assert from 'node:assert/strict';
import { test } from 'node:test';
import { desiredLabels, labelRestMs, type DesiredLabels, type Label, type UnusedSince } from './labels.ts';

const block = { address: '100.64.4.0', prefixLength: 22 };
const start = new Date('2026-01-01T00:00:00Z');
const later = (ms: number): Date => new Date(start.getTime() + ms);
const label = (name: string, address: string, uid = `uid-${name}`): Label => ({ namespace: 'ns', name, uid, address });

interface Inputs {
  readonly current?: readonly Label[];
  readonly unusedSince?: UnusedSince;
  readonly wanted?: Readonly<Record<string, number>>;
  readonly uids?: Readonly<Record<string, string>>;
  readonly now?: Date;
}

function decide({ current = [], unusedSince = {}, wanted = {}, uids, now = start }: Inputs): DesiredLabels {
  return desiredLabels({
    block,
    current,
    unusedSince,
    wanted: Object.entries(wanted).map(([name, pods]) => ({ namespace: 'ns', name, pods })),
    uidOf: ({ name }) => (uids ? uids[name] : `uid-${name}`),
    now,
  });
}

test('each configuration in use has a label, from the third address of the block on', () => {
  const { labels, unusedSince, nextChangeMs } = decide({ wanted: { a: 1, b: 3, c: 0 } });
  assert.deepEqual(labels, [label('a', '100.64.4.2'), label('b', '100.64.4.3')]);
  assert.deepEqual([unusedSince, nextChangeMs], [{}, undefined]);
});

test('what does not exist gets none', () => {
  assert.deepEqual(decide({ wanted: { a: 1 }, uids: {} }).labels, []);
});

test('a label stays for ten minutes after its last pod', () => {
  const current = [label('a', '100.64.4.2')];
  const first = decide({ current });
  assert.deepEqual(first.labels, current);
  assert.deepEqual(first.unusedSince, { '100.64.4.2': start.toISOString() });
  assert.equal(first.nextChangeMs, labelRestMs);
  const { unusedSince } = first;
  assert.deepEqual(decide({ current, unusedSince, now: later(labelRestMs - 1) }).labels, current);
  assert.deepEqual(decide({ current, unusedSince, now: later(labelRestMs) }).labels, []);
});

test('a pod that comes back in time gets the same label, and it is in use again', () => {
  const current = [label('a', '100.64.4.2')];
  const { labels, unusedSince } = decide({
    current,
    unusedSince: { '100.64.4.2': start.toISOString() },
    wanted: { a: 1 },
    now: later(labelRestMs),
  });
  assert.deepEqual([labels, unusedSince], [current, {}]);
});

test('another configuration does not get a label that rests', () => {
  const { labels } = decide({ current: [label('a', '100.64.4.2')], wanted: { b: 1 } });
  assert.deepEqual(labels, [label('a', '100.64.4.2'), label('b', '100.64.4.3')]);
});

test('a configuration that was made anew is another one', () => {
  const old = label('a', '100.64.4.2', 'old');
  const { labels, unusedSince } = decide({ current: [old], wanted: { a: 1 }, uids: { a: 'new' } });
  assert.deepEqual(labels, [old, label('a', '100.64.4.3', 'new')]);
  assert.deepEqual(Object.keys(unusedSince), ['100.64.4.2']);
});

test('a configuration that is being deleted keeps its label while pods use it', () => {
  const current = [label('a', '100.64.4.2')];
  assert.deepEqual(decide({ current, wanted: { a: 1 }, uids: {} }).unusedSince, {});
});

test('a time that cannot be read begins now', () => {
  const current = [label('a', '100.64.4.2')];
  assert.deepEqual(decide({ current, unusedSince: { '100.64.4.2': 'yesterday' } }).unusedSince, {
    '100.64.4.2': start.toISOString(),
  });
});

test('a full block says who found no label', () => {
  const wanted = Object.fromEntries(Array.from({ length: 1022 }, (_, index) => [`c${String(index)}`, 1]));
  const { labels, withoutLabel } = decide({ wanted });
  assert.deepEqual([labels.length, withoutLabel], [1021, ['ns/c1021']]);
});
