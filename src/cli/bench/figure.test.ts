import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toFigure } from './figure.ts';

test('figures are taken from the sorted values, by nearest rank', () => {
  const figure = toFigure({ name: 'x', unit: 's', target: '-', values: [5, 1, 4, 2, 3] });
  assert.deepEqual(figure, { name: 'x', unit: 's', target: '-', n: 5, min: 1, median: 3, p99: 5, max: 5 });
});

test('one run is its own minimum, median and maximum', () => {
  const { n, min, median, p99, max } = toFigure({ name: 'x', unit: 's', target: '-', values: [7] });
  assert.deepEqual([n, min, median, p99, max], [1, 7, 7, 7, 7]);
});
