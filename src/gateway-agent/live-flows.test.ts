import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveFlows, type Flow } from './live-flows.ts';

const idleMs = 30_000;
const flow = (packets: number): Flow => ({ id: 'flow', source: '100.64.4.2', isOver: false, packets });

/** `looks`: seconds since the first, and the flows that were there. */
const cases: readonly (readonly [what: string, looks: readonly (readonly [number, readonly Flow[]])[], live: number])[] = [
  ['nothing is there', [[0, []]], 0],
  ['a flow seen for the first time lives', [[0, [flow(7)]]], 1],
  ['one that is over does not', [[0, [{ ...flow(7), isOver: true }]]], 0],
  [
    'one whose pod sends lives',
    [
      [0, [flow(7)]],
      [29, [flow(8)]],
      [58, [flow(9)]],
    ],
    1,
  ],
  [
    'one whose pod has been silent for a while lives',
    [
      [0, [flow(7)]],
      [29, [flow(7)]],
    ],
    1,
  ],
  [
    'one whose pod has been silent for long does not',
    [
      [0, [flow(7)]],
      [20, [flow(7)]],
      [40, [flow(7)]],
    ],
    0,
  ],
  [
    'one whose pod speaks again lives again',
    [
      [0, [flow(7)]],
      [40, [flow(7)]],
      [50, [flow(8)]],
    ],
    1,
  ],
  [
    'one that was away is new',
    [
      [0, [flow(7)]],
      [31, []],
      [40, [flow(7)]],
    ],
    1,
  ],
];

for (const [what, looks, live] of cases)
  test(what, () => {
    const flows = new LiveFlows(idleMs);
    assert.equal(looks.map(([atSeconds, there]) => flows.count(there, atSeconds * 1000)).at(-1), live);
  });
