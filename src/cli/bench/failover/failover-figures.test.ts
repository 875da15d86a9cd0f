import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disturbance } from '../traffic/disturbance.ts';
import { failoverChart } from './failover-chart.ts';
import { failoverFacts, failoverFigures, toSeries } from './failover-figures.ts';
import type { FailoverRun } from './failover-run.ts';

const calm: Disturbance = {
  udpSilenceMs: [12],
  newTcpGapMs: 15,
  slowestConnectionMs: 4,
  failedConnections: 0,
  resetMs: [],
  alive: ['idle', 'upload'],
};
const hit = (ms: number): Disturbance => ({
  udpSilenceMs: [ms],
  newTcpGapMs: ms + 10,
  slowestConnectionMs: ms + 5,
  failedConnections: 1,
  resetMs: [
    { kind: 'idle', ms },
    { kind: 'upload', ms: ms + 20 },
  ],
  alive: [],
});
const runs: readonly FailoverRun[] = [
  { hit: [hit(200), hit(220)], spared: [{ disturbance: calm, strayPackets: 0 }] },
  { hit: [hit(260), { ...hit(240), alive: ['download'] }], spared: [{ disturbance: calm, strayPackets: 0 }] },
];

test('each client that was hit counts; of resets each connection', () => {
  const series = toSeries(runs);
  assert.deepEqual(series.udpSilenceMs, [200, 220, 260, 240]);
  assert.deepEqual(series.newTcpMs, [210, 230, 270, 250]);
  assert.equal(series.resets.length, 8);
  assert.deepEqual([series.neverReset, series.failedConnections, series.otherGatewayFlowsDisturbed], [1, 4, 0]);
});

for (const [what, spared] of [
  ['a reset', { disturbance: { ...calm, resetMs: [{ kind: 'idle', ms: 100 }] }, strayPackets: 0 }],
  ['a failed connection', { disturbance: { ...calm, failedConnections: 1 }, strayPackets: 0 }],
  ['a long silence', { disturbance: { ...calm, udpSilenceMs: [200] }, strayPackets: 0 }],
  ['a packet by another address', { disturbance: calm, strayPackets: 1 }],
] as const satisfies readonly (readonly [string, FailoverRun['spared'][number]])[]) {
  test(`${what} on another gateway is a disturbed flow`, () => {
    assert.equal(toSeries([{ hit: [hit(200)], spared: [spared] }]).otherGatewayFlowsDisturbed, 1);
  });
}

test('the JSON line has plain numbers', () => {
  const { udpSilenceMs, resetMs, resetMsByKind, lastGateway } = failoverFacts(toSeries(runs), toSeries([]));
  assert.deepEqual(udpSilenceMs, { runs: 2, median: 220, p99: 260, worst: 260 });
  assert.deepEqual(resetMs, { runs: 2, median: 240, p99: 280, worst: 280 });
  assert.equal(resetMsByKind['upload']?.worst, 280);
  assert.equal(lastGateway.resetMs.runs, 0);
});

test('what was not measured is no figure', () => {
  const names = new Set(failoverFigures(toSeries(runs), toSeries([])).map(({ name }) => name));
  assert.ok(names.has('reset of TCP: idle') && !names.has('reset of TCP: download'));
});

test('the chart has a dot for each measurement', () => {
  const chart = failoverChart(toSeries(runs), toSeries([]), '2 runs < 3');
  assert.equal(chart.match(/<circle/g)?.length, 4 + 4 + 4 + 8 + 2);
  assert.match(chart, /2 runs &lt; 3/);
});
