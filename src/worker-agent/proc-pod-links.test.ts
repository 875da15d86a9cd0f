import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostRouteLink } from './proc-pod-links.ts';

/** As Linux prints it: a default route, a bridge's network, a pod, a pod behind a router, a route that is down. */
const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
cni0\t0002F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
veth1a2b\t0201F40A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
eth0\t0301F40A\t0101A8C0\t0007\t0\t0\t0\tFFFFFFFF\t0\t0\t0
veth9\t0401F40A\t00000000\t0004\t0\t0\t0\tFFFFFFFF\t0\t0\t0
`;

const cases: readonly (readonly [string, string | undefined])[] = [
  ['10.244.1.2', 'veth1a2b'],
  ['10.244.2.5', undefined],
  ['10.244.1.3', undefined],
  ['10.244.1.4', undefined],
  ['0.0.0.0', undefined],
];

for (const [address, expected] of cases) {
  test(`the route for ${address} alone: ${expected ?? 'none'}`, () => assert.equal(hostRouteLink(table, address), expected));
}
