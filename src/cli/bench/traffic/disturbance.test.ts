import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disturbanceOf } from './disturbance.ts';
import type { TrafficReport } from './traffic-plan.ts';

const report: TrafficReport = {
  udp: [{ sent: 10, answeredMs: [80, 90, 100, 350, 360, 990], lost: 4 }],
  tcp: [
    { kind: 'download', ended: { atMs: 300, how: 'ECONNRESET' } },
    { kind: 'idle' },
    { kind: 'upload', ended: { atMs: 50, how: 'closed' } },
  ],
  connections: [
    { startedMs: 60, endedMs: 70, outcome: 'answered' },
    { startedMs: 120, endedMs: 380, outcome: 'answered' },
    { startedMs: 110, endedMs: 370, outcome: 'answered' },
    { startedMs: 130, endedMs: 140, outcome: 'ECONNREFUSED' },
    { startedMs: 390, endedMs: 480, outcome: 'answered' },
  ],
};

test('what a client noticed of an event', () => {
  assert.deepEqual(disturbanceOf(report, 105, 500), {
    udpSilenceMs: [250],
    newTcpGapMs: 300,
    slowestConnectionMs: 260,
    failedConnections: 1,
    resetMs: [{ kind: 'download', ms: 195 }],
    alive: ['idle'],
  });
});

test('silence to the end counts, and so does silence from before the event', () => {
  assert.deepEqual(disturbanceOf(report, 370, 900).udpSilenceMs, [540]);
  assert.deepEqual(disturbanceOf({ ...report, udp: [{ sent: 3, answeredMs: [], lost: 0 }] }, 100, 700).udpSilenceMs, [600]);
});

test('without new connections there is no gap between them', () => {
  const { newTcpGapMs, slowestConnectionMs } = disturbanceOf({ ...report, connections: [] }, 105, 500);
  assert.deepEqual([newTcpGapMs, slowestConnectionMs], [undefined, undefined]);
});

test('a connection that nobody answers counts with the time that it has waited', () => {
  const hanging = { startedMs: 120, endedMs: 600, outcome: 'unfinished' };
  const { slowestConnectionMs, failedConnections } = disturbanceOf(
    { ...report, connections: [...report.connections, hanging] },
    105,
    500,
  );
  assert.deepEqual([slowestConnectionMs, failedConnections], [380, 1]);
});
