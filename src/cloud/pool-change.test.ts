import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayInstance, GatewayPool } from './cloud-provider.ts';
import { isInPlace, nicAddressLimit, planPoolChange } from './pool-change.ts';

function instance(index: number, uids: readonly string[], change: Partial<GatewayInstance> = {}): GatewayInstance {
  const egress = uids.map((configurationUid, offset) => ({
    configurationUid,
    prefixId: `/p/${configurationUid}`,
    privateAddress: `10.0.${String(index)}.${String(offset + 10)}`,
    publicAddress: `198.51.100.${String(index * 16 + offset)}`,
  }));
  return {
    id: `i${String(index)}`,
    nodeName: `n${String(index)}`,
    primaryAddress: `10.0.${String(index)}.4`,
    addressCount: 1 + egress.length,
    egress,
    ...change,
  };
}

function pool(uids: readonly string[], change: Partial<GatewayPool> = {}): GatewayPool {
  return {
    id: 'pool',
    location: 'westeurope',
    subscriptionId: 's',
    prefixLength: 31,
    capacity: 2,
    model: uids.map((configurationUid) => ({ configurationUid, prefixId: `/p/${configurationUid}` })),
    instances: [instance(0, uids), instance(1, uids)],
    ...change,
  };
}

const want = (configurationUid: string): { configurationUid: string; prefixId: string } => ({
  configurationUid,
  prefixId: `/p/${configurationUid}`,
});

interface Row {
  readonly what: string;
  readonly pool: GatewayPool;
  readonly ensure?: readonly string[];
  readonly remove?: readonly string[];
  /** Uids in the model afterwards, whether it is written, and the instances that are. */
  readonly plan: readonly [readonly string[], boolean, readonly string[]];
}

const rows: readonly Row[] = [
  { what: 'nothing to do', pool: pool(['a']), ensure: ['a'], plan: [['a'], false, []] },
  { what: 'a new one goes everywhere', pool: pool(['a']), ensure: ['b'], plan: [['a', 'b'], true, ['i0', 'i1']] },
  { what: 'one that goes', pool: pool(['a', 'b']), remove: ['a'], plan: [['b'], true, ['i0', 'i1']] },
  { what: 'one that is there and one that is not', pool: pool([]), remove: ['a'], plan: [[], false, []] },
  { what: 'removal beats', pool: pool(['a']), ensure: ['a'], remove: ['a'], plan: [[], true, ['i0', 'i1']] },
  {
    what: 'an instance that lost another configuration is mended along',
    pool: pool(['a', 'b'], { instances: [instance(0, ['a']), instance(1, ['a', 'b'])] }),
    ensure: ['a'],
    plan: [['a', 'b'], false, ['i0']],
  },
  {
    what: 'an instance that kept what the model lost is cleaned',
    pool: pool(['a'], { instances: [instance(0, ['a']), instance(1, ['a', 'old'])] }),
    ensure: ['a'],
    plan: [['a'], false, ['i1']],
  },
  {
    what: 'a configuration without an address is written again',
    pool: pool(['a'], { instances: [instance(0, ['a'], { egress: [want('a')] }), instance(1, ['a'])] }),
    ensure: ['a'],
    plan: [['a'], false, ['i0']],
  },
  {
    what: 'an instance that is being made is left alone',
    pool: pool([], { instances: [instance(0, [], { primaryAddress: undefined }), instance(1, [])] }),
    ensure: ['a'],
    plan: [['a'], true, ['i1']],
  },
  {
    what: 'a pool without instances has its model written',
    pool: pool([], { instances: [] }),
    ensure: ['a'],
    plan: [['a'], true, []],
  },
];

for (const { what, pool: before, ensure = [], remove = [], plan } of rows) {
  test(`plan: ${what}`, () => {
    const { desired, writesModel, instances } = planPoolChange(before, { ensure: ensure.map(want), remove });
    const uids = desired.map(({ configurationUid }) => configurationUid);
    assert.deepEqual([uids, writesModel, instances.map(({ id }) => id)], plan);
  });
}

test('ids of prefixes are compared without regard to case', () => {
  const shouting = { configurationUid: 'a', prefixId: '/P/A' };
  assert.ok(isInPlace(pool(['a']), shouting));
  assert.equal(planPoolChange(pool(['a']), { ensure: [shouting], remove: [] }).writesModel, false);
});

test('another prefix for the same configuration is a change', () => {
  const { desired, writesModel } = planPoolChange(pool(['a']), {
    ensure: [{ configurationUid: 'a', prefixId: '/p/z' }],
    remove: [],
  });
  assert.deepEqual([desired, writesModel], [[{ configurationUid: 'a', prefixId: '/p/z' }], true]);
});

test('a full network interface takes what it has, and refuses what is new', () => {
  const uids = Array.from({ length: nicAddressLimit - 2 }, (_, index) => `u${String(index)}`);
  const { refused, desired } = planPoolChange(pool(uids), { ensure: [want('x'), want('y'), want('u0')], remove: [] });
  assert.deepEqual(
    [...refused].map(([uid, { code }]) => [uid, code]),
    [['y', 'NicAddressLimit']],
  );
  assert.equal(desired.length, nicAddressLimit - 1);
});

test('the pool needs an address for each instance that is to come', () => {
  const ensure = [{ ...want('a'), availableAddresses: 3 }];
  assert.equal(planPoolChange(pool([], { capacity: 3 }), { ensure, remove: [] }).refused.size, 0);
  assert.equal(planPoolChange(pool([], { capacity: 4 }), { ensure, remove: [] }).refused.get('a')?.code, 'PrefixExhausted');
});
