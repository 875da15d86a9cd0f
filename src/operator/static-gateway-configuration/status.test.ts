import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConditionReason } from '../../api/conditions.ts';
import type { StaticGatewayConfiguration } from '../../api/static-gateway-configuration.ts';
import { findCondition } from '../../kube/conditions.ts';
import type { Finding } from './finding.ts';
import { observeGateway, type Gateway } from './gateways.ts';
import { occurrencesBetween } from './occurrences.ts';
import { deletingStatus, desiredStatus } from './status.ts';

const now = new Date('2026-01-01T00:00:00Z');
const usage = { workerNodes: 1, attachedPods: 3 };
const publicKey = `${'A'.repeat(43)}=`;
const configuration: StaticGatewayConfiguration = {
  metadata: { name: 'c', namespace: 'ns', uid: 'u', generation: 4 },
  spec: { gatewayNodepoolName: 'gw', provisionPublicIps: true, defaultRoute: 'staticEgressGateway' },
};

const finding = (reason: ConditionReason): Finding => ({ reason, message: `it is ${reason}` });
const settled = { accepted: finding('Accepted'), cloud: finding('CloudResourcesReady') };

function gateway(node: string, state: Gateway['state'], hasAcknowledged = true): Gateway {
  const why = state === 'Ready' ? undefined : 'why';
  return { node, egressAddress: '198.51.100.0', state, hasAcknowledged, endpoint: '10.224.0.4:6000', publicKey, why };
}

type Expected = readonly [string, string, string];

const rows: readonly (readonly [string, Parameters<typeof desiredStatus>[0]['standing'], readonly Gateway[], Expected])[] = [
  ['all serve', settled, [gateway('a', 'Ready'), gateway('b', 'Ready')], ['True', 'AllGatewaysReady', 'AllGatewaysReady']],
  [
    'one serves',
    settled,
    [gateway('a', 'Ready'), gateway('b', 'NotReady')],
    ['True', 'SomeGatewaysNotReady', 'SomeGatewaysNotReady'],
  ],
  [
    'all that are left drain',
    settled,
    [gateway('a', 'Draining'), gateway('b', 'NotReady')],
    ['True', 'SomeGatewaysNotReady', 'SomeGatewaysNotReady'],
  ],
  ['none serves any more', settled, [gateway('a', 'NotReady')], ['False', 'NoGatewayReady', 'NoGatewayReady']],
  ['none serves yet', settled, [gateway('a', 'NotReady', false)], ['False', 'WaitingForGateways', 'WaitingForGateways']],
  [
    'the pool is missing',
    { accepted: finding('GatewayPoolNotFound'), cloud: finding('WaitingForAcceptance') },
    [],
    ['False', 'GatewayPoolNotFound', 'WaitingForAcceptance'],
  ],
  ['the cloud is not done', { ...settled, cloud: finding('Provisioning') }, [], ['False', 'Provisioning', 'WaitingForCloud']],
  [
    'the cloud fails while a gateway serves',
    { ...settled, cloud: finding('CloudError') },
    [gateway('a', 'Ready')],
    ['True', 'AllGatewaysReady', 'AllGatewaysReady'],
  ],
  ['the pool is empty', { ...settled, cloud: finding('NoGatewayNodes') }, [], ['False', 'NoGatewayNodes', 'WaitingForCloud']],
];

for (const [what, standing, gateways, [status, reason, gatewaysReason]] of rows) {
  test(`conditions when ${what}`, () => {
    const { conditions, readyGateways } = desiredStatus({ configuration, standing, vm: undefined, gateways, usage, now });
    const ready = findCondition(conditions, 'Ready');
    assert.deepEqual([ready?.status, ready?.reason], [status, reason]);
    assert.equal(findCondition(conditions, 'GatewaysReady')?.reason, gatewaysReason);
    assert.equal(readyGateways, gateways.filter(({ state }) => state === 'Ready').length);
    assert.ok(conditions?.every(({ observedGeneration }) => observedGeneration === 4));
  });
}

test('the first ready gateway is the server profile', () => {
  const gateways = [gateway('a', 'NotReady'), { ...gateway('b', 'Ready'), endpoint: '10.224.0.5:6001' }];
  const status = desiredStatus({ configuration, standing: settled, vm: undefined, gateways, usage, now });
  assert.deepEqual(status.gatewayServerProfile, { ip: '10.224.0.5', port: 6001, publicKey });
});

test('the same state gives the same status, also later', () => {
  const inputs = { configuration, standing: settled, vm: undefined, gateways: [gateway('a', 'Ready')], usage, now };
  const status = desiredStatus(inputs);
  const later = new Date(now.getTime() + 60_000);
  assert.deepEqual(desiredStatus({ ...inputs, configuration: { ...configuration, status }, now: later }), status);
});

test('a message is no longer than the API server takes', () => {
  const standing = { ...settled, cloud: { reason: 'CloudError', message: 'x'.repeat(10_000) } as const };
  const { conditions } = desiredStatus({ configuration, standing, vm: undefined, gateways: [], usage, now });
  assert.ok(conditions?.every(({ message }) => message.length <= 4096));
});

test('one that is being deleted says so in every condition, and keeps the rest', () => {
  const status = deletingStatus({ ...configuration, status: { egressIpPrefix: '198.51.100.0/31' } }, 'the prefix is in use', now);
  assert.equal(status.egressIpPrefix, '198.51.100.0/31');
  assert.deepEqual(
    new Set(status.conditions?.map(({ reason, message }) => `${reason}: ${message}`)),
    new Set(['Deleting: the prefix is in use']),
  );
});

const profile = { nodeName: 'n', primaryAddress: '10.224.0.4', secondaryAddress: '10.224.0.9', publicAddress: '198.51.100.0' };
const node = { metadata: { name: 'n' } };
const acknowledged = [{ namespace: 'ns', name: 'c', uid: 'u', generation: 1, secondaryAddress: '10.224.0.9' }];

const gatewayRows: readonly (readonly [string, Parameters<typeof observeGateway>[0], Gateway['state'], RegExp])[] = [
  [
    'has acknowledged',
    { configurationUid: 'u', profile, node, status: { state: 'Ready', configurations: acknowledged } },
    'Ready',
    /^$/,
  ],
  [
    'drains',
    { configurationUid: 'u', profile, node, status: { state: 'Draining', configurations: acknowledged } },
    'Draining',
    /Draining/,
  ],
  [
    'drained on a node that is dead by now',
    {
      configurationUid: 'u',
      profile,
      node: { ...node, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } },
      status: { state: 'Draining', configurations: acknowledged },
    },
    'NotReady',
    /not ready/,
  ],
  [
    'has another address',
    {
      configurationUid: 'u',
      profile: { ...profile, secondaryAddress: '10.224.0.8' },
      node,
      status: { state: 'Ready', configurations: acknowledged },
    },
    'NotReady',
    /not acknowledged/,
  ],
  [
    'has another configuration of that name',
    { configurationUid: 'v', profile, node, status: { state: 'Ready', configurations: acknowledged } },
    'NotReady',
    /not acknowledged/,
  ],
  ['has not reported', { configurationUid: 'u', profile, node, status: undefined }, 'NotReady', /not reported/],
  [
    'has no node',
    { configurationUid: 'u', profile, node: undefined, status: { state: 'Ready', configurations: acknowledged } },
    'NotReady',
    /not joined/,
  ],
  [
    'is on a dead node',
    {
      configurationUid: 'u',
      profile,
      node: { ...node, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } },
      status: { state: 'Ready', configurations: acknowledged },
    },
    'NotReady',
    /node is not ready/,
  ],
];

for (const [what, facts, state, why] of gatewayRows) {
  test(`a gateway that ${what} is ${state}`, () => {
    const observed = observeGateway(facts);
    assert.equal(observed.state, state);
    assert.match(observed.why ?? '', why);
    assert.equal(observed.egressAddress, '198.51.100.0');
  });
}

test('an event tells when Ready moves, and which addresses were assigned; waiting at the beginning is none', () => {
  const at = (
    standing: typeof settled,
    gateways: readonly Gateway[],
    egressIpPrefix?: string,
  ): ReturnType<typeof desiredStatus> =>
    desiredStatus({ configuration, standing, vm: egressIpPrefix ? { egressIpPrefix } : undefined, gateways, usage, now });
  const waiting = at(settled, [gateway('a', 'NotReady', false)], '198.51.100.0/31');
  const ready = at(settled, [gateway('a', 'Ready')], '198.51.100.0/31');
  const dead = at(settled, [gateway('a', 'NotReady')], '198.51.100.0/31');
  const told = (occurrences: ReturnType<typeof occurrencesBetween>): readonly string[] =>
    occurrences.map(({ type, reason }) => `${type} ${reason}`);
  assert.deepEqual(told(occurrencesBetween(undefined, waiting)), ['Normal EgressAddressesAssigned']);
  assert.deepEqual(told(occurrencesBetween(waiting, ready)), ['Normal AllGatewaysReady']);
  assert.deepEqual(told(occurrencesBetween(ready, dead)), ['Warning NoGatewayReady']);
  assert.deepEqual(told(occurrencesBetween(ready, ready)), []);
});
