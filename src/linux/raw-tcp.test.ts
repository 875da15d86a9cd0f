import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeAck } from './raw-tcp.ts';

test('a bare acknowledgement goes from the server to the client, with a checksum', () => {
  const connection = { source: '10.244.1.9', sourcePort: 40_000, destination: '198.51.100.7', destinationPort: 443 };
  assert.equal(
    encodeAck(connection, 0x9000_0000).toString('hex'),
    // IP: 40 bytes, TTL 64, TCP, 198.51.100.7 > 10.244.1.9. TCP: 443 > 40000, sequence, no acknowledgement, ACK, window 1024, checksum.
    ['4500002800000000', '40060000c6336407', '0af40109', '01bb9c40', '90000000', '00000000', '50100400', '47a10000'].join(''),
  );
});
