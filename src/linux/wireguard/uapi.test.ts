import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from '../../base/addresses.ts';
import { Secret } from '../../base/secret.ts';
import { publicKeyOf } from './keys.ts';
import { checkSetResponse, parseGetResponse, renderSetRequest } from './uapi.ts';

const hex = { own: '11'.repeat(32), one: '22'.repeat(32), two: '33'.repeat(32) };
const base64 = (text: string) => Buffer.from(text, 'hex').toString('base64');
const privateKey = new Secret(base64(hex.own));

test('a change is told by differences: keys in hexadecimal, removed peers first', () => {
  const request = renderSetRequest({
    privateKey,
    listenPort: 6000,
    removedPeers: [base64(hex.two)],
    peers: [
      {
        publicKey: base64(hex.one),
        isNew: true,
        endpoint: { address: '10.224.0.5', port: 6101 },
        keepaliveSeconds: 5,
        allowedIps: [parseCidr('100.64.4.0/22', 'test')],
      },
    ],
  });
  assert.equal(
    request,
    `set=1
private_key=${hex.own}
listen_port=6000
public_key=${hex.two}
remove=true
public_key=${hex.one}
endpoint=10.224.0.5:6101
persistent_keepalive_interval=5
replace_allowed_ips=true
allowed_ip=100.64.4.0/22

`,
  );
});

test('a peer that changes is updated only, so that one that just went does not come back half', () => {
  const request = renderSetRequest({
    removedPeers: [],
    peers: [{ publicKey: base64(hex.one), isNew: false, keepaliveSeconds: 0, allowedIps: [] }],
  });
  assert.equal(
    request,
    `set=1\npublic_key=${hex.one}\nupdate_only=true\npersistent_keepalive_interval=0\nreplace_allowed_ips=true\n\n`,
  );
});

test('the state of a device is read', () => {
  const answer = `private_key=${hex.own}
listen_port=6000
fwmark=0
public_key=${hex.one}
preshared_key=${'0'.repeat(64)}
protocol_version=1
endpoint=10.224.0.5:6101
last_handshake_time_sec=1700000000
last_handshake_time_nsec=123456789
tx_bytes=148
rx_bytes=92
persistent_keepalive_interval=5
allowed_ip=100.64.4.0/22
allowed_ip=fd00::/64
public_key=${hex.two}
last_handshake_time_sec=0
last_handshake_time_nsec=0
tx_bytes=0
rx_bytes=0
persistent_keepalive_interval=0
errno=0

`;
  assert.deepEqual(parseGetResponse(answer), {
    publicKey: publicKeyOf(privateKey),
    listenPort: 6000,
    peers: [
      {
        publicKey: base64(hex.one),
        keepaliveSeconds: 5,
        allowedIps: [parseCidr('100.64.4.0/22', 'test')],
        rxBytes: 92,
        txBytes: 148,
        endpoint: { address: '10.224.0.5', port: 6101 },
        latestHandshakeMs: 1_700_000_000_123,
      },
      { publicKey: base64(hex.two), keepaliveSeconds: 0, allowedIps: [], rxBytes: 0, txBytes: 0 },
    ],
  });
});

test('a device without anything has neither key nor peers', () => {
  assert.deepEqual(parseGetResponse('listen_port=51820\nerrno=0\n\n'), { listenPort: 51_820, peers: [] });
});

test('an answer that refuses, or breaks off, is an error', () => {
  for (const answer of ['errno=-22\n\n', 'listen_port=1\n', ''])
    assert.throws(() => checkSetResponse(answer), { code: 'WireguardRefused' });
});
