import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lossRules } from './loss-rules.ts';
import type { LinkLoss, VirtualNetworkState } from './network-state.ts';

const network: VirtualNetworkState = {
  key: 'a',
  subnets: [],
  ports: ['10.0.0.4', '10.0.0.5'].map((address, index) => ({
    machine: `m${String(index)}`,
    addresses: [address],
    mac: '',
    isConnected: true,
  })),
  routes: [],
  publicAddresses: [],
  outbound: [],
};
const [m0, m1] = [{ machine: 'm0' }, { machine: 'm1' }];
const anew = 'add table ip losses\ndelete table ip losses\n';
const rulesOf = (...losses: readonly LinkLoss[]): string => lossRules({ ...network, losses });

test('without losses there is no table', () => {
  assert.equal(lossRules(network), anew);
});

test('a partition of two machines drops in both directions, by device', () => {
  assert.equal(
    rulesOf({ from: m0, to: m1, percent: 100 }),
    `${anew}table ip losses {
  chain forward {
    type filter hook forward priority filter - 5; policy accept
    iifname "p0a000004" oifname "p0a000005" counter drop
    iifname "p0a000005" oifname "p0a000004" counter drop
  }
}
`,
  );
});

test('internet and on-premises network are two sides of the uplink', () => {
  const rules = rulesOf({ from: m0, to: 'internet', percent: 100 }, { from: m0, to: 'onprem', percent: 100 });
  assert.match(rules, /iifname "p0a000004" oifname "uplink" ip daddr != 172\.31\.0\.0\/24 counter drop/);
  assert.match(rules, /iifname "uplink" ip saddr != 172\.31\.0\.0\/24 oifname "p0a000004" counter drop/);
  assert.match(rules, /iifname "p0a000004" oifname "uplink" ip daddr 172\.31\.0\.0\/24 counter drop/);
  assert.doesNotMatch(rules, /chain input/);
});

test("Azure's own services are the router: what goes there is its input", () => {
  const rules = rulesOf({ from: m0, to: 'azure', percent: 100 });
  assert.match(rules, /chain input \{\n.*\n {4}iifname "p0a000004" counter drop/);
  assert.match(rules, /chain output \{\n.*\n {4}oifname "p0a000004" counter drop/);
  assert.doesNotMatch(rules, /chain forward/);
});

test('a loss is decided by chance, in hundredths of a percent, everywhere a packet may pass', () => {
  const rules = rulesOf({ from: 'any', to: 'any', percent: 2.5 });
  assert.equal(rules.match(/^ {4}numgen random mod 10000 < 250 counter drop$/gm)?.length, 3);
});
