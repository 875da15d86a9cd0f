import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaseObserver, toMicroTime } from './lease.ts';

const spec = (renewTime: string): { renewTime: string; leaseDurationSeconds: number } => ({
  renewTime,
  leaseDurationSeconds: 10,
});

test('a holder lives until its lease has not changed for one duration, by our clock', () => {
  const observer = new LeaseObserver();
  observer.observe('node', spec('first'), 0);
  observer.observe('node', spec('first'), 9000);
  assert.deepEqual([observer.isAlive('node', 9999), observer.isAlive('node', 10_000)], [true, false]);
  observer.observe('node', spec('second'), 10_000);
  assert.equal(observer.isAlive('node', 19_999), true);
});

test('who has no lease is not alive', () => {
  const observer = new LeaseObserver();
  observer.observe('node', spec('first'), 0);
  observer.forget('node');
  assert.equal(observer.isAlive('node', 0), false);
});

test('times of leases have six digits', () => {
  assert.equal(toMicroTime(new Date('2026-01-02T03:04:05.678Z')), '2026-01-02T03:04:05.678000Z');
});
