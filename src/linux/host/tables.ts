import { SegwError } from '../../base/error.ts';
import type { NftTable } from '../../dataplane/nft/table.ts';
import type { NftTransaction, renderTransaction } from '../../dataplane/nft/transaction.ts';
import type { Nftables } from '../nftables.ts';
import { parseTable } from './nft-listing.ts';
import { recognise, withoutElements, type WrittenTable } from './written-table.ts';

interface TablesOptions {
  /** In the namespace of the tables. Closed with them. */
  readonly nft: Nftables;
  /** In a namespace of its own, where nobody else writes: shows how nft spells a table. */
  readonly scratch: () => Nftables;
  readonly renderTransaction: typeof renderTransaction;
}

/**
 * The tables of one namespace. Of what this process has written it knows how nft spells it, so it tells its own rules from those that
 * somebody changed. What an earlier process wrote looks changed, and is written once more.
 */
export class Tables {
  readonly #options: TablesOptions;
  readonly #given = new Map<string, NftTable>();
  readonly #written = new Map<string, WrittenTable>();

  constructor(options: TablesOptions) {
    this.#options = options;
  }

  observe(name: string): NftTable | undefined {
    const listing = listOf(this.#options.nft, name);
    if (listing === undefined) return undefined;
    const observed = parseTable(listing);
    const written = this.#writtenTable(name);
    return written ? recognise(observed, written) : observed;
  }

  apply(transaction: NftTransaction): void {
    this.#options.nft.run(this.#options.renderTransaction(transaction));
    if (transaction.kind === 'rewrite') this.#remember(transaction.table);
    if (transaction.kind === 'remove') this.#forget(transaction.table);
  }

  close(): void {
    this.#options.nft.close();
  }

  #remember(table: NftTable): void {
    this.#forget(table.name);
    this.#given.set(table.name, table);
  }

  #forget(name: string): void {
    this.#given.delete(name);
    this.#written.delete(name);
  }

  /** Spelled at the first look, not while traffic waits for the next transaction. */
  #writtenTable(name: string): WrittenTable | undefined {
    const given = this.#given.get(name);
    if (!given) return undefined;
    const written = this.#written.get(name) ?? { given, spelled: this.#spell(given) };
    this.#written.set(name, written);
    return written;
  }

  #spell(given: NftTable): NftTable {
    const { renderTransaction: render } = this.#options;
    const scratch = this.#options.scratch();
    const table = withoutElements(given);
    scratch.run(render({ kind: 'rewrite', table }));
    const spelled = parseTable(scratch.list(`list table inet ${table.name}`));
    scratch.run(render({ kind: 'remove', table: table.name }));
    return spelled;
  }
}

function listOf(nft: Nftables, name: string): string | undefined {
  try {
    return nft.list(`list table inet ${name}`);
  } catch (error) {
    if (error instanceof SegwError && error.message.includes('No such file or directory')) return undefined;
    throw error;
  }
}
