import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startHealthServer } from './health-server.ts';
import { createOperatorMetrics } from './metrics.ts';

test('health, readiness and metrics are served, and nothing else', async () => {
  let isReady = false;
  const metrics = createOperatorMetrics();
  metrics.observeLeadership(() => true);
  metrics.onReconciled('gateway-status', { outcome: 'ok', durationMs: 20, waiting: 3 });
  const server = await startHealthServer({ port: 0, registry: metrics.registry, isReady: () => isReady });
  const get = async (path: string): Promise<readonly [number, string]> => {
    const response = await fetch(`http://127.0.0.1:${String(server.port)}${path}`);
    return [response.status, await response.text()];
  };
  try {
    assert.equal((await get('/healthz'))[0], 200);
    assert.equal((await get('/readyz'))[0], 503);
    isReady = true;
    assert.equal((await get('/readyz'))[0], 200);
    assert.equal((await get('/'))[0], 404);
    const [, text] = await get('/metrics');
    assert.match(text, /controller_runtime_reconcile_total\{controller="gateway-status",result="ok"\} 1/);
    assert.match(text, /workqueue_depth\{controller="gateway-status"\} 3/);
    assert.match(text, /leader_election_master_status 1/);
  } finally {
    await server.stop();
  }
});
