import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventSeries } from './event-series.ts';

const timing = { windowMs: 1000, writeEveryMs: 100 };

test('the first occurrence is an event, the second one a count at once, then one count in each interval', () => {
  const series = new EventSeries(timing);
  const steps = [0, 10, 20, 30, 115].map((ms) => series.record('a', ms));
  assert.deepEqual(steps, [
    { do: 'create' },
    { do: 'count', count: 2, lastMs: 10 },
    { do: 'nothing' },
    { do: 'nothing' },
    { do: 'count', count: 5, lastMs: 115 },
  ]);
});

test('a count that was put off is due when its interval is over, or at the end', () => {
  const series = new EventSeries(timing);
  for (const ms of [0, 10, 20]) series.record('a', ms);
  assert.deepEqual(series.due(50), []);
  assert.deepEqual(series.due(50, { all: true }), [['a', { do: 'count', count: 3, lastMs: 20 }]]);
  assert.deepEqual(series.due(500, { all: true }), [], 'written once');
});

test('after the window it is a new event', () => {
  const series = new EventSeries(timing);
  series.record('a', 0);
  assert.deepEqual(series.record('a', 1001), { do: 'create' });
});

test('an event that could not be written is created again', () => {
  const series = new EventSeries(timing);
  series.record('a', 0);
  series.drop('a');
  assert.deepEqual(series.record('a', 1), { do: 'create' });
});
