import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayState } from '../dataplane/model.ts';
import type { Verdict } from '../tunnel-probe/detector.ts';
import { probedGateways } from './gateways.ts';

const cases: readonly (readonly [GatewayState, Verdict, GatewayState])[] = [
  ['ready', 'unknown', 'ready'],
  ['draining', 'unknown', 'draining'],
  ['dead', 'unknown', 'dead'],
  ['ready', 'dead', 'dead'],
  ['ready', 'draining', 'draining'],
  ['ready', 'not-ready', 'dead'],
  ['dead', 'ready', 'ready'],
  ['draining', 'ready', 'ready'],
];

for (const [known, verdict, expected] of cases) {
  test(`the API server says ${known}, the probes say ${verdict}: ${expected}`, () => {
    const gateway = { node: 'g1', number: 1, address: '10.224.0.21', port: 6000, publicKey: 'G=', state: known };
    assert.equal(probedGateways([gateway], () => verdict)[0]?.state, expected);
  });
}
