import * as fc from 'fast-check';
import {
  emptyNamespace,
  mainTable,
  namespaceOf,
  type HostState,
  type NamespaceState,
} from '../../../src/dataplane/host-state.ts';
import type { Scope } from '../../../src/dataplane/host.ts';
import type { NftTable } from '../../../src/dataplane/nft/table.ts';

/** What somebody else, or half of us, does to a node behind our back: a change of one namespace. */
type Meddling = (namespace: NamespaceState) => NamespaceState;

const without: readonly Meddling[] = [
  (namespace) => ({ ...namespace, rules: [] }),
  (namespace) => ({ ...namespace, routes: [] }),
  (namespace) => ({ ...namespace, addresses: [], neighbours: [] }),
  (namespace) => ({ ...namespace, sysctls: [] }),
  (namespace) => ({ ...namespace, tables: [] }),
  (namespace) => emptyNamespace(namespace.name),
  (namespace) => ({ ...namespace, links: namespace.links.map((link) => ({ ...link, mtu: 1280, isUp: false })) }),
  (namespace) => ({
    ...namespace,
    links: namespace.links.map((link) => (link.kind === 'wireguard' ? { ...link, peers: [], listenPort: 1 } : link)),
  }),
];

const withTables = (change: (table: NftTable) => NftTable): Meddling => {
  return (namespace) => ({ ...namespace, tables: namespace.tables.map(change) });
};

const inTables: readonly Meddling[] = [
  withTables((table) => ({ ...table, sets: table.sets.map((set) => ({ ...set, elements: [] })) })),
  withTables((table) => ({ ...table, chains: table.chains.map((chain) => ({ ...chain, rules: [] })) })),
  withTables((table) => ({
    ...table,
    chains: [...table.chains, { name: 'foreign', hook: 'type filter hook forward priority 0', rules: ['drop'] }],
  })),
  withTables((table) => ({ ...table, counters: [], chains: table.chains.map((chain) => ({ ...chain, rules: [] })) })),
];

const foreign: readonly Meddling[] = ['sgw1', 'sgw9', 'gwv', 'host0', 'wg0'].map((name) => (namespace) => ({
  ...namespace,
  links: [...namespace.links.filter((link) => link.name !== name), { kind: 'foreign', name, mtu: 1500, isUp: true }],
  addresses: [...namespace.addresses, { device: name, address: '10.9.9.9', prefixLength: 24 }],
  routes: [
    ...namespace.routes,
    { kind: 'device', destination: '10.9.0.0/16', table: 7001, metric: 3, device: name },
    { kind: 'unreachable', destination: 'default', table: 7099, metric: 0 },
  ],
  rules: [...namespace.rules, { preference: 7000, mark: 1, mask: 0xff, table: 99 }],
}));

/** Somebody else's things, which must be there afterwards. */
export const strangers: NamespaceState = {
  ...emptyNamespace('host'),
  links: [{ kind: 'foreign', name: 'eth0', mtu: 1500, isUp: true }],
  addresses: [{ device: 'eth0', address: '10.224.0.11', prefixLength: 16 }],
  routes: [{ kind: 'device', destination: 'default', table: mainTable, metric: 0, device: 'eth0', via: '10.224.0.1' }],
  rules: [{ preference: 100, mark: 0x4000, mask: 0x4000, table: 42 }],
  tables: [{ name: 'kube-proxy', isOwned: false, counters: [], sets: [], chains: [{ name: 'services', rules: ['accept'] }] }],
};

/** Everything of theirs, and nothing of ours. */
export const strangerScope: Scope = {
  namespaces: [{ name: 'host', devices: ['eth0'], strayAddresses: [], rulePreference: 100, sysctls: [], tables: ['kube-proxy'] }],
};

export function withStrangers(state: HostState): HostState {
  const host = namespaceOf(state, 'host');
  const both: NamespaceState = {
    ...host,
    links: [...host.links, ...strangers.links],
    addresses: [...host.addresses, ...strangers.addresses],
    routes: [...host.routes, ...strangers.routes],
    rules: [...host.rules, ...strangers.rules],
    tables: [...host.tables, ...strangers.tables],
  };
  return { namespaces: [both, ...state.namespaces.filter(({ name }) => name !== 'host')] };
}

export const anyMeddling: fc.Arbitrary<(state: HostState) => HostState> = fc
  .array(fc.tuple(fc.constantFrom(...without, ...inTables, ...foreign), fc.nat(1)), { maxLength: 2 })
  .map((meddlings) => (state) => ({
    namespaces: state.namespaces.map((namespace, index) =>
      meddlings.filter(([, place]) => place === index).reduce((left, [meddle]) => meddle(left), namespace),
    ),
  }));
