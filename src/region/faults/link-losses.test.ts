import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetworkState, PortState, VirtualNetworkState } from '../fabric/network-state.ts';
import { faultSpecSchema } from './fault.ts';
import { lossyNetwork } from './link-losses.ts';

const port = (machine: string): PortState => ({ machine, addresses: ['10.0.0.4'], mac: '', isConnected: true });
const network = (key: string, machines: readonly string[]): VirtualNetworkState => ({
  key,
  subnets: [],
  ports: machines.map(port),
  routes: [],
  publicAddresses: [],
  outbound: [],
});
const state: NetworkState = { virtualNetworks: [network('a', ['gw-0', 'gw-1', 'node-0']), network('b', ['other'])] };
const lossesOf = (spec: object) =>
  lossyNetwork(state, [faultSpecSchema.parse(spec)]).virtualNetworks.map(({ losses = [] }) => losses);

test('a pattern stands for every machine that it means, in its own network', () => {
  assert.deepEqual(lossesOf({ kind: 'partition', from: 'gw-*', to: 'node-0' }), [
    [
      { from: { machine: 'gw-0' }, to: { machine: 'node-0' }, percent: 100 },
      { from: { machine: 'gw-1' }, to: { machine: 'node-0' }, percent: 100 },
    ],
    [],
  ]);
});

test('what lies outside is outside of every network', () => {
  const loss = { from: 'any', to: 'internet', percent: 2.5 };
  assert.deepEqual(lossesOf({ kind: 'loss', percent: 2.5, to: 'internet' }), [[loss], [loss]]);
});

test('machines of two networks have no way to each other that could be lost', () => {
  assert.deepEqual(lossesOf({ kind: 'partition', from: 'gw-0', to: 'other' }), [[], []]);
});

test('other faults leave the network as it is', () => {
  assert.deepEqual(lossyNetwork(state, [faultSpecSchema.parse({ kind: 'fail' })]), state);
});
