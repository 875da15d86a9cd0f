import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveFlows, type Flow } from './live-flows.ts';

const idleMs = 30_000;
const source = '100.64.4.2';
const tcp = (expiresInMs: number, isOver = false): Flow => ({ id: 'tcp', source, isOver, expiresInMs });
const udp = (expiresInMs: number): Flow => ({ id: 'udp', source, isOver: false, expiresInMs });

/** `looks`: seconds since the first, and the flows that were there. */
const cases: readonly (readonly [what: string, looks: readonly (readonly [number, readonly Flow[]])[], live: number])[] = [
  ['nothing is there', [[0, []]], 0],
  ['a TCP connection that is open lives', [[0, [tcp(432_000_000)]]], 1],
  ['one that is over does not', [[0, [tcp(120_000, true)]]], 0],
  [
    'one that has been silent for long does not, however long the kernel keeps it',
    [
      [0, [tcp(431_000_000)]],
      [31, [tcp(430_969_000)]],
    ],
    0,
  ],
  [
    'one with data under way, of which the kernel forgets sooner, lives on with the acknowledgement',
    [
      [0, [tcp(432_000_000)]],
      [20, [tcp(300_000)]],
      [31, [tcp(432_000_000)]],
    ],
    1,
  ],
  ['a datagram flow seen for the first time lives', [[0, [udp(2000)]]], 1],
  [
    'one whose packets move its end on lives',
    [
      [0, [udp(120_000)]],
      [29, [udp(119_000)]],
      [58, [udp(120_000)]],
    ],
    1,
  ],
  [
    'one that has been silent for a while lives',
    [
      [0, [udp(120_000)]],
      [29, [udp(91_000)]],
    ],
    1,
  ],
  [
    'one that has been silent for long does not',
    [
      [0, [udp(120_000)]],
      [20, [udp(100_000)]],
      [40, [udp(80_000)]],
    ],
    0,
  ],
  [
    'a second of rounding is no packet',
    [
      [0, [udp(120_000)]],
      [20, [udp(101_000)]],
      [40, [udp(81_000)]],
    ],
    0,
  ],
  [
    'one that speaks again lives again',
    [
      [0, [udp(120_000)]],
      [40, [udp(80_000)]],
      [50, [udp(120_000)]],
    ],
    1,
  ],
  [
    'one that was away is new',
    [
      [0, [udp(30_000)]],
      [31, []],
      [40, [udp(1000)]],
    ],
    1,
  ],
];

for (const [what, looks, live] of cases)
  test(what, () => {
    const flows = new LiveFlows(idleMs);
    assert.equal(looks.map(([atSeconds, there]) => flows.count(there, atSeconds * 1000)).at(-1), live);
  });
