import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SegwError } from '../../base/error.ts';
import { gatewayNode } from '../../../test/support/dataplane/worlds.ts';
import { desiredGateway } from '../desired-gateway.ts';
import { diff } from '../diff/diff.ts';
import { emptyNamespace, namespaceOf, type HostState } from '../host-state.ts';
import type { Step } from '../step.ts';
import { applyStep } from './kernel.ts';

const nothing: HostState = { namespaces: [emptyNamespace('host')] };
const gateway = diff(nothing, desiredGateway(gatewayNode())).reduce(applyStep, nothing);
const namespace = 'host';

const refused: [what: string, step: Step][] = [
  [
    'an address on a link that is not there',
    { namespace, kind: 'ensure-address', address: { device: 'sgw1', address: '10.0.0.1', prefixLength: 32 } },
  ],
  ['a link in a namespace that is not there', { namespace: 'other', kind: 'set-link', name: 'lo', mtu: 1500, isUp: true }],
  [
    'to forget flows in a namespace that is not there',
    { namespace: 'other', kind: 'forget-flows', flows: { source: '100.64.4.10', protocols: 'all' } },
  ],
  ['a kick in a namespace that is not there', { namespace: 'other', kind: 'kick', flows: { protocols: 'tcp' } }],
  [
    'a second link of one name',
    { namespace, kind: 'create-link', link: { kind: 'foreign', name: 'gwv', mtu: 1500, isUp: true } },
  ],
  ['an element that is not there', edit({ set: 'addrs', isFlushed: false, removed: ['192.0.2.1'], added: [] })],
  ['a set that is not there', edit({ set: 'other', isFlushed: false, removed: [], added: [] })],
  ['a table that is not there', { namespace, kind: 'nft', transaction: { kind: 'remove', table: 'other' } }],
  [
    'a route by a router that nothing leads to',
    {
      namespace,
      kind: 'ensure-route',
      route: { kind: 'device', destination: 'default', table: 254, metric: 0, device: 'gwv', via: '192.0.2.1' },
    },
  ],
];

function edit(change: Extract<Extract<Step, { kind: 'nft' }>['transaction'], { kind: 'edit' }>['edits'][number]): Step {
  return { namespace, kind: 'nft', transaction: { kind: 'edit', table: 'segw', edits: [change] } };
}

for (const [what, step] of refused)
  test(`the kernel refuses ${what}`, () => assert.throws(() => applyStep(gateway, step), SegwError));

test('a rule that speaks of a chain that is not there is refused', () => {
  const [table] = namespaceOf(gateway, 'host').tables;
  assert.ok(table);
  const chains = [{ name: 'raw', rules: ['iifname "gwv" goto other'] }];
  assert.throws(
    () => applyStep(gateway, { namespace, kind: 'nft', transaction: { kind: 'rewrite', table: { ...table, chains } } }),
    /no chain other/,
  );
});

test('one end of a pair takes the other along, and all that is on both', () => {
  const left = applyStep(gateway, { namespace: 'segw', kind: 'remove-link', name: 'host0' });
  assert.deepEqual(namespaceOf(left, 'host').links, []);
  assert.deepEqual(namespaceOf(left, 'host').routes, []);
  assert.deepEqual(
    namespaceOf(left, 'segw').links.map(({ name }) => name),
    ['wg0'],
  );
});

test('a namespace takes along the pairs that led into it', () => {
  const left = applyStep(gateway, { namespace: 'segw', kind: 'remove-namespace' });
  assert.deepEqual(
    left.namespaces.map(({ name, links }) => [name, links.length]),
    [['host', 0]],
  );
});

test('what is gone is removed without complaint', () => {
  const [address] = namespaceOf(gateway, 'segw').addresses;
  assert.ok(address);
  const step: Step = { namespace: 'segw', kind: 'remove-address', address };
  assert.doesNotThrow(() => applyStep(applyStep(gateway, step), step));
});
