import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayNode, remoteWorker } from '../../test/support/dataplane/worlds.ts';
import { desiredGateway } from '../dataplane/desired-gateway.ts';
import { hostNamespace, type HostState, type NamespaceState } from '../dataplane/host-state.ts';
import { missingParts } from './self-check.ts';

const desired = desiredGateway(gatewayNode());

function changed(name: string, change: (namespace: NamespaceState) => Partial<NamespaceState>): HostState {
  return {
    namespaces: desired.namespaces.map((namespace) =>
      namespace.name === name ? { ...namespace, ...change(namespace) } : namespace,
    ),
  };
}

test('nothing is missing of what is there, whatever else there is', () => {
  assert.deepEqual(missingParts(desired, desired), []);
  const more = desiredGateway(gatewayNode({ workers: [...gatewayNode().workers, remoteWorker(2, [['100.64.8.10', 'team/a']])] }));
  assert.deepEqual(missingParts(more, desired), []);
});

const cases: readonly (readonly [what: string, observed: HostState, first: RegExp])[] = [
  ['the namespace', { namespaces: [] }, /^host: link gwv/],
  [
    'the tunnel device',
    changed('segw', ({ links }) => ({ links: links.filter(({ name }) => name !== 'wg0') })),
    /^segw: link wg0 wireguard up$/,
  ],
  [
    'the tunnel device’s being up',
    changed('segw', ({ links }) => ({ links: links.map((link) => ({ ...link, isUp: false })) })),
    /^segw: link host0 .* up$/,
  ],
  [
    'a peer',
    changed('segw', ({ links }) => ({ links: links.map((link) => (link.kind === 'wireguard' ? { ...link, peers: [] } : link)) })),
    /^segw: link wg0 peer worker-1/,
  ],
  ['a route', changed(hostNamespace, () => ({ routes: [] })), /^host: route 10\.224\.0\.121\/32 dev gwv$/],
  ['an address', changed('segw', () => ({ addresses: [] })), /^segw: address 100\.127\.255\.254\/32 dev wg0$/],
  ['the rules', changed('segw', () => ({ tables: [] })), /^segw: table segw\nchain raw/],
  [
    'one rule',
    changed('segw', ({ tables }) => ({
      tables: tables.map((table) => ({
        ...table,
        chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.slice(chain.name === 'srcguard' ? 1 : 0) })),
      })),
    })),
    /^segw: table segw\nchain srcguard/,
  ],
  [
    'a label',
    changed('segw', ({ tables }) => ({
      tables: tables.map((table) => ({
        ...table,
        sets: table.sets.map((set) => (set.name === 'egress' ? { ...set, elements: [] } : set)),
      })),
    })),
    /^segw: table segw egress 100\.64\.4\.10 : 10\.224\.0\.121$/,
  ],
];

for (const [what, observed, first] of cases)
  test(`${what} is missed`, () => {
    assert.match(missingParts(observed, desired)[0] ?? '', first);
  });
