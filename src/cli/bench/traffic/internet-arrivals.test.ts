import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toArrivals, wrongSourcePackets } from './internet-arrivals.ts';

const arrivals = toArrivals({
  address: '192.0.2.10',
  ports: { echo: [20_000, 29_999], download: [30_000, 39_999], upload: [40_000, 49_999] },
  untranslated: 0,
  sources: [
    { source: '203.0.113.1', port: 20_001, packets: 5 },
    { source: '203.0.113.1', port: 20_001, packets: 6 },
    { source: '203.0.113.9', port: 40_001, packets: 3 },
    { source: '203.0.113.9', port: 20_002, packets: 7 },
  ],
});
const prefix = { address: '203.0.113.0', prefixLength: 30 };

test('a client has a port of each service', () => {
  assert.deepEqual(arrivals.portsOfClient(7), { echo: 20_007, download: 30_007, upload: 40_007 });
});

test('packets of both protocols to a port are one number', () => {
  assert.deepEqual([...arrivals.sourcesOf(20_001)], [['203.0.113.1', 11]]);
});

test('only packets of the clients that are asked for can be wrong', () => {
  assert.equal(wrongSourcePackets(arrivals, [1], prefix), 3);
  assert.equal(wrongSourcePackets(arrivals, [1, 2], prefix), 10);
  assert.equal(wrongSourcePackets(arrivals, [3], prefix), 0);
});
