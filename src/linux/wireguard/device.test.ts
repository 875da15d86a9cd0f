import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr } from '../../base/addresses.ts';
import { diffWireguard, isEmptyChange, type WireguardConfig, type WireguardState } from './device.ts';
import { generatePrivateKey, publicKeyOf } from './keys.ts';

const privateKey = generatePrivateKey();
const block = parseCidr('100.64.4.0/22', 'test');
const other = parseCidr('100.64.8.0/22', 'test');
const peer = {
  publicKey: 'peer',
  endpoint: { address: '10.224.0.5', port: 6101 },
  keepaliveSeconds: 5,
  allowedIps: [block, other],
};
const config: WireguardConfig = { privateKey, listenPort: 6000, peers: [peer] };
const state: WireguardState = {
  publicKey: publicKeyOf(privateKey),
  listenPort: 6000,
  peers: [{ ...peer, allowedIps: [other, block], latestHandshakeMs: 1, rxBytes: 2, txBytes: 3 }],
};

test('a device that is as desired needs no change, whatever the order of networks', () => {
  assert.ok(isEmptyChange(diffWireguard(state, config)));
});

test('a new device gets everything', () => {
  assert.deepEqual(diffWireguard({ listenPort: 0, peers: [] }, config), {
    privateKey,
    listenPort: 6000,
    removedPeers: [],
    peers: [{ ...peer, isNew: true }],
  });
});

test('a peer that is not desired is removed, one that is missing is added, the third stays untouched', () => {
  const added = { ...peer, publicKey: 'added' };
  const gone = { ...peer, publicKey: 'gone', rxBytes: 0, txBytes: 0 };
  const change = diffWireguard({ ...state, peers: [...state.peers, gone] }, { ...config, peers: [peer, added] });
  assert.deepEqual(change, { removedPeers: ['gone'], peers: [{ ...added, isNew: true }] });
});

test('only what differs of a peer is told', () => {
  const endpoint = { address: '10.224.0.5', port: 6102 };
  const moved = diffWireguard(state, { ...config, peers: [{ ...peer, endpoint }] });
  assert.deepEqual(moved.peers, [{ publicKey: 'peer', endpoint, isNew: false }]);
  const narrowed = diffWireguard(state, { ...config, peers: [{ ...peer, allowedIps: [block], keepaliveSeconds: 0 }] });
  assert.deepEqual(narrowed.peers, [{ publicKey: 'peer', keepaliveSeconds: 0, allowedIps: [block], isNew: false }]);
});

test('a peer without a desired endpoint may roam', () => {
  const { endpoint: _, ...roaming } = peer;
  assert.ok(isEmptyChange(diffWireguard(state, { ...config, peers: [roaming] })));
});
