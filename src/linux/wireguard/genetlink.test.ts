import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from '../../base/addresses.ts';
import { Attributes, bytes, ipv4, nested, u16, u8 } from '../netlink/attributes.ts';
import type { WireguardPeerChange } from './device.ts';
import { decodeDevice, encodeChange } from './genetlink.ts';

const key = Buffer.alloc(32, 0x22).toString('base64');
const peer: WireguardPeerChange = {
  publicKey: key,
  isNew: true,
  endpoint: { address: '10.224.0.5', port: 6101 },
  keepaliveSeconds: 5,
  allowedIps: [parseCidr('100.64.4.0/22', 'test')],
};

test('a new peer: golden bytes', () => {
  const [message] = encodeChange('wg0', { listenPort: 6000, removedPeers: [], peers: [peer] });
  assert.equal(
    Buffer.concat(message ?? []).toString('hex'),
    [
      ['0800020077673000', '0600060070170000'], // name, listen port
      ['70000880', '6c000080'], // peers, the first
      [`24000100${'22'.repeat(32)}`, '0800030002000000'], // public key, flags: replace allowed IPs
      ['14000400020017d50ae000050000000000000000', '0600050005000000'], // endpoint, keepalive
      ['20000980', '1c000080', '0600010002000000', '0800020064400400', '0500030016000000'], // allowed IPs: family, address, length
    ]
      .flat()
      .join(''),
  );
});

test('what is set reads back', () => {
  const [message] = encodeChange('wg0', { listenPort: 6000, removedPeers: [], peers: [peer] });
  const { isNew: _, ...config } = peer;
  assert.deepEqual(decodeDevice([new Attributes(Buffer.concat(message ?? []))]), {
    listenPort: 6000,
    peers: [{ ...config, rxBytes: 0, txBytes: 0 }],
  });
});

test('many peers are told in several messages, the device’s own settings in the first', () => {
  const peers = Array.from({ length: 300 }, (_, n) => ({ ...peer, publicKey: Buffer.alloc(32, n).toString('base64') }));
  const messages = encodeChange('wg0', { listenPort: 6000, removedPeers: [], peers });
  const read = messages.map((message) => decodeDevice([new Attributes(Buffer.concat(message))]));
  assert.deepEqual(
    read.map(({ listenPort, peers }) => [listenPort, peers.length]),
    [
      [6000, 128],
      [0, 128],
      [0, 44],
    ],
  );
});

test('a peer that is cut in two by the end of a message is one peer', () => {
  const part = (network: string) => {
    const allowedIp = nested(0, u16(1, 2), ipv4(2, network), u8(3, 24));
    return new Attributes(nested(8, nested(0, bytes(1, Buffer.alloc(32, 0x22)), nested(9, allowedIp))));
  };
  const { peers } = decodeDevice([part('10.0.1.0'), part('10.0.2.0')]);
  assert.deepEqual(
    peers.map(({ allowedIps }) => allowedIps.map(({ address }) => address)),
    [['10.0.1.0', '10.0.2.0']],
  );
});

test('times and counters of the kernel are read, and a handshake that never was is absent', () => {
  const seconds = Buffer.alloc(16);
  const never = new Attributes(nested(8, nested(0, bytes(1, Buffer.alloc(32)), bytes(6, seconds))));
  assert.equal(decodeDevice([never]).peers[0]?.latestHandshakeMs, undefined);
  seconds.writeBigInt64LE(1_700_000_000n, 0);
  seconds.writeBigInt64LE(123_456_789n, 8);
  const once = new Attributes(nested(8, nested(0, bytes(1, Buffer.alloc(32)), bytes(6, seconds))));
  assert.equal(decodeDevice([once]).peers[0]?.latestHandshakeMs, 1_700_000_000_123);
});
