import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayStatusStatus } from '../api/gateway-status.ts';
import { whyHeld, whyNotServing, type NodeFacts } from './node-release.ts';

const cordoned = { metadata: { name: 'n' }, spec: { unschedulable: true } };
const usual = { metadata: { name: 'n' }, spec: {} };

function gatewayThat(status?: GatewayStatusStatus): NodeFacts['gateway'] {
  return { metadata: { name: 'n' }, spec: { number: 1 }, ...(status && { status }) };
}

const ready = gatewayThat({ state: 'Ready' });
const draining = gatewayThat({ state: 'Draining', reason: 'Draining', message: 'the node is cordoned' });
const drained = gatewayThat({ state: 'Draining', reason: 'Drained', message: 'the node is cordoned' });
const refused = gatewayThat({ state: 'NotReady', reason: 'KernelRefused', message: 'EPERM' });
const removed = gatewayThat({ state: 'NotReady', reason: 'Removed' });

const rows: readonly (readonly [what: string, facts: NodeFacts, held: string | undefined, unready: string | undefined])[] = [
  ['nobody drains', { node: usual, gateway: ready }, undefined, undefined],
  ['cordoned a moment ago', { node: cordoned, gateway: ready }, 'the gateway has not said that it drains: Ready ', undefined],
  ['draining', { node: cordoned, gateway: draining }, 'the gateway has connections: the node is cordoned', undefined],
  ['drained', { node: cordoned, gateway: drained }, undefined, undefined],
  ['maintenance', { node: usual, gateway: draining }, 'the gateway has connections: the node is cordoned', undefined],
  [
    'the kernel refuses a change, and the gateway may serve on',
    { node: cordoned, gateway: refused },
    'the gateway has not said that it drains: NotReady EPERM',
    'the gateway is not ready: KernelRefused: EPERM',
  ],
  ['the same, and nobody drains', { node: usual, gateway: refused }, undefined, 'the gateway is not ready: KernelRefused: EPERM'],
  ['the feature goes', { node: cordoned, gateway: removed }, undefined, 'the gateway is not ready: Removed: '],
  ['it never reported', { node: cordoned, gateway: gatewayThat() }, undefined, 'the gateway is not ready: NotReported: '],
  ['no gateway', { node: cordoned, gateway: undefined }, undefined, 'the node has no GatewayStatus'],
  ['no node', { node: undefined, gateway: ready }, undefined, undefined],
];

for (const [what, facts, held, unready] of rows)
  test(`${what}: the node ${held === undefined ? 'may go' : 'is held'}, its gateway ${unready === undefined ? 'serves' : 'does not serve'}`, () => {
    assert.equal(whyHeld(facts), held);
    assert.equal(whyNotServing(facts), unready);
  });
