import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floatingAddresses, loadBalancingRules, portAddresses } from './load-balancing-rules.ts';
import type { LoadBalancingState, VirtualNetworkState } from './network-state.ts';

const rule: LoadBalancingState = {
  address: '198.51.100.7',
  isPublic: true,
  protocol: 'tcp',
  port: 80,
  backendPort: 30_080,
  keepsDestination: false,
  byAddressOnly: false,
  backends: ['10.224.0.5', '10.224.0.6'],
};

function networkWith(...loadBalancing: readonly LoadBalancingState[]): VirtualNetworkState {
  const port = { mac: '02:5e:00:00:00:01', isConnected: true };
  return {
    key: 'v',
    subnets: [],
    ports: [
      { ...port, machine: 'a', addresses: ['10.224.0.5', '10.224.0.50'] },
      { ...port, machine: 'b', addresses: ['10.224.0.6'], isConnected: false },
    ],
    routes: [],
    publicAddresses: [],
    outbound: [],
    loadBalancing,
  };
}

test('a new connection goes to a member by a hash of its client', () => {
  const table: [Partial<LoadBalancingState>, string][] = [
    [
      {},
      'iifname "uplink" ip daddr 198.51.100.7 tcp dport 80 dnat ip to jhash ip saddr . tcp sport mod 2 map { 0 : 10.224.0.5, 1 : 10.224.0.6 } : 30080',
    ],
    [
      { protocol: 'udp', byAddressOnly: true },
      'iifname "uplink" ip daddr 198.51.100.7 udp dport 80 dnat ip to jhash ip saddr mod 2 map { 0 : 10.224.0.5, 1 : 10.224.0.6 } : 30080',
    ],
    [
      { keepsDestination: true, backendPort: 80, backends: ['10.224.0.5'] },
      'iifname "uplink" ip daddr 198.51.100.7 tcp dport 80 ct mark set 0x1 dnat ip to jhash ip saddr . tcp sport mod 1 map { 0 : 10.224.0.5 } : 80',
    ],
    [
      { isPublic: false, address: '10.224.0.100', backends: ['10.224.0.5'] },
      'ip daddr 10.224.0.100 tcp dport 80 dnat ip to jhash ip saddr . tcp sport mod 1 map { 0 : 10.224.0.5 } : 30080',
    ],
    [{ backends: [] }, 'iifname "uplink" ip daddr 198.51.100.7 tcp dport 80 drop'],
  ];
  for (const [change, line] of table) assert.equal(loadBalancingRules(networkWith({ ...rule, ...change })).trim(), line);
});

test('only where a frontend keeps its address on the way, replies are written over, by the port they come from', () => {
  assert.deepEqual(floatingAddresses(networkWith(rule, { ...rule, address: '198.51.100.8', keepsDestination: true })), [
    '198.51.100.8',
  ]);
  assert.deepEqual(portAddresses(networkWith()), ['"p0ae00005" : 10.224.0.5']);
});
