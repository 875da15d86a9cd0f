import { pairNamespaces } from './namespace-pair.ts';
import { hasNamespace, namespaceOf, type HostState } from '../host-state.ts';
import { coverTable } from '../nft/cover.ts';
import type { NftTable } from '../nft/table.ts';
import { nftTransaction } from '../nft/transaction.ts';
import { closePaths, openPaths } from './paths.ts';
import type { Step } from '../step.ts';

/**
 * The steps that make `observed` equal to `desired`; none when it is. Their order is the order in which traffic may see them: first
 * what refuses, then the paths, then what lets traffic onto them; and backwards for what goes. So after every step an attached pod
 * is guarded, and a pod that was served and will be served is served. To stop half-way and ask again is fine.
 */
export function diff(observed: HostState, desired: HostState): Step[] {
  const pairs = pairNamespaces(observed, desired);
  return [
    ...newNamespaces(observed, desired),
    ...rulesAround(openPaths(pairs), pairTables(observed, desired)),
    ...closePaths(pairs),
    ...goneTables(observed, desired),
    ...goneNamespaces(observed, desired),
  ];
}

interface TablePair {
  readonly namespace: string;
  readonly observed: NftTable | undefined;
  readonly cover: NftTable;
  readonly desired: NftTable;
}

/** Where no path has to be made, nothing has to be covered meanwhile: one transaction. */
function rulesAround(paths: readonly Step[], tables: readonly TablePair[]): Step[] {
  if (paths.length === 0) return tables.flatMap(({ namespace, observed, desired }) => tableSteps(namespace, observed, desired));
  return [
    ...tables.flatMap(({ namespace, observed, cover }) => tableSteps(namespace, observed, cover)),
    ...paths,
    ...tables.flatMap(({ namespace, cover, desired }) => tableSteps(namespace, cover, desired)),
  ];
}

function tableSteps(namespace: string, observed: NftTable | undefined, desired: NftTable): Step[] {
  const transaction = nftTransaction(observed, desired);
  return transaction ? [{ namespace, kind: 'nft', transaction }] : [];
}

function pairTables(observed: HostState, { namespaces }: HostState): TablePair[] {
  return namespaces.flatMap(({ name: namespace, tables }) => {
    const before = new Map(namespaceOf(observed, namespace).tables.map((table) => [table.name, table]));
    return tables.map((desired) => {
      const table = before.get(desired.name);
      return { namespace, observed: table, cover: coverTable(table, desired), desired };
    });
  });
}

function goneTables({ namespaces }: HostState, desired: HostState): Step[] {
  return namespaces
    .filter(({ name }) => hasNamespace(desired, name))
    .flatMap(({ name: namespace, tables }) => {
      const kept = new Set(namespaceOf(desired, namespace).tables.map(({ name }) => name));
      const gone = tables.filter(({ name }) => !kept.has(name));
      return gone.map(({ name }): Step => ({ namespace, kind: 'nft', transaction: { kind: 'remove', table: name } }));
    });
}

function newNamespaces(observed: HostState, { namespaces }: HostState): Step[] {
  const added = namespaces.filter(({ name }) => !hasNamespace(observed, name));
  return added.map(({ name: namespace }) => ({ namespace, kind: 'ensure-namespace' }));
}

function goneNamespaces({ namespaces }: HostState, desired: HostState): Step[] {
  const gone = namespaces.filter(({ name }) => !hasNamespace(desired, name));
  return gone.map(({ name: namespace }) => ({ namespace, kind: 'remove-namespace' }));
}
