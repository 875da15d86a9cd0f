import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '../../dataplane/host-state.ts';
import { fromKernelRoute, toKernelRoute } from './routes.ts';

const routes: readonly Route[] = [
  { kind: 'unreachable', destination: 'default', table: 7001, metric: 4_278_198_272 },
  { kind: 'device', destination: 'default', table: 7001, metric: 0, device: 'sgw1' },
  { kind: 'device', destination: '10.224.0.121/32', table: 254, metric: 0, device: 'gwv' },
  { kind: 'device', destination: 'default', table: 254, metric: 0, device: 'host0', via: '10.224.0.21' },
];

for (const route of routes) {
  test(`${route.kind} ${route.destination} in table ${String(route.table)} reads back as it was written`, () => {
    assert.deepEqual(fromKernelRoute(toKernelRoute(route)), route);
  });
}

test('routes are written with the protocol that systemd-networkd leaves alone', () => {
  assert.deepEqual(new Set(routes.map((route) => toKernelRoute(route).protocol)), new Set([2]));
});

test('routes of others that go nowhere, or several ways at once, lead nowhere', () => {
  const destination = { address: '10.0.0.0', prefixLength: 8 };
  const nowhere = { kind: 'unreachable', destination: '10.0.0.0/8', table: 7001, metric: 0 };
  for (const type of ['blackhole', 'prohibit', 'throw', 'unicast'] as const)
    assert.deepEqual(fromKernelRoute({ destination, table: 7001, type }), nowhere);
});
