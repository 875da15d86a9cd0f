import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOperatorMetrics } from './metrics.ts';

test('reconciles, what waits and who leads are told by the names of controller-runtime', async () => {
  const metrics = createOperatorMetrics();
  metrics.observeLeadership(() => true);
  metrics.onReconciled('gateway-status', { outcome: 'ok', durationMs: 20, waiting: 3 });
  const text = await metrics.registry.metrics();
  assert.match(text, /controller_runtime_reconcile_total\{controller="gateway-status",result="ok"\} 1/);
  assert.match(text, /workqueue_depth\{controller="gateway-status"\} 3/);
  assert.match(text, /leader_election_master_status 1/);
});
